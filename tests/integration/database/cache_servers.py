"""Real Valkey or Redis servers on loopback: as the operator runs them, and as a provider does."""

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from bytebridge.lab.certificates import CertificateFiles, write_certificates
from bytebridge.lab.debian import VALKEY, as_another_user, find_or_unpack
from bytebridge.lab.ports import LOOPBACK
from bytebridge.lab.processes import Processes
from support.objects import wait_for


@dataclass(frozen=True)
class CacheServer:
    """A server that runs."""

    port: int
    client: redis.Redis
    """The test's own: one connection."""

    def clients(self) -> int:
        """Connections that the server has now, but for the test's own and a replica's."""
        return len(self.client.client_list(_type="normal")) - 1

    def refused(self) -> int:
        """Connections that it has refused for want of room."""
        info: dict[str, Any] = self.client.info()
        return int(info["rejected_connections"])


@contextmanager
def running_cache(
    processes: Processes, port: int, arguments: list[str], **client: Any
) -> Iterator[CacheServer]:
    """A server with these arguments; its client takes `client` beside host and port."""
    name = f"cache-{port}"
    processes.start(name, as_another_user(find_or_unpack(VALKEY).command(*arguments)))
    own = redis.Redis(host=LOOPBACK, port=port, max_connections=1, **client)

    def answers() -> bool:
        try:
            return bool(own.ping())
        except redis.ConnectionError:
            processes.running()
            return False

    try:
        wait_for("the cache", answers, wanted=True)
        yield CacheServer(port, own)
    finally:
        own.close()
        processes.stop(name)


def throw_away_certificates(folder: Path) -> CertificateFiles:
    """An authority and a certificate of loopback, which the servers' user may read."""
    made = folder / "certificates"
    files = write_certificates(made, dt.datetime.now(dt.UTC))
    if os.geteuid() == 0:
        for path in (made, *made.iterdir()):
            shutil.chown(path, "nobody", "nogroup")
    return files


def provider_arguments(files: CertificateFiles, port: int, password: str) -> list[str]:
    """A server as ElastiCache and Memorystore have it: TLS only, and a password."""
    settings = {
        "bind": LOOPBACK,
        "port": "0",
        "tls-port": str(port),
        "tls-cert-file": str(files.serving_certificate),
        "tls-key-file": str(files.serving_key),
        "tls-ca-cert-file": str(files.ca),
        "tls-auth-clients": "no",
        "tls-replication": "yes",
        "requirepass": password,
        "masterauth": password,
        "save": "",
        "appendonly": "no",
        # A replica's first copy goes by memory: where the server stands is nobody's to write to.
        "repl-diskless-sync": "yes",
        "repl-diskless-sync-delay": "0",
        "repl-diskless-load": "on-empty-db",
    }
    return [word for key, value in settings.items() for word in (f"--{key}", value)]
