"""A real Prometheus with a small exporter, without the rest of the lab."""

import contextlib
import http.client
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
import yaml

from bytebridge.lab import prometheus
from bytebridge.lab.binaries import PROGRAMS, find_or_make
from bytebridge.lab.ports import LOOPBACK, free_ports
from bytebridge.lab.processes import Processes
from integration.signals.servers import Exposition, serve_exposition
from support.objects import wait_for

SCRAPE_SECONDS = 0.5
USERNAME, PASSWORD = "operator", "correct horse"
_BCRYPT = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"


class StartPrometheus(Protocol):
    """Start one, with basic auth or without, on an exporter and a past; gives its URL."""

    def __call__(
        self,
        protected: bool,
        address: str | None = None,
        past: Callable[[Path], None] | None = None,
    ) -> str: ...


@pytest.fixture(scope="session")
def exposition() -> Iterator[Exposition]:
    with serve_exposition() as exposition:
        yield exposition


@pytest.fixture(scope="session")
def start_prometheus(exposition: Exposition) -> Iterator[StartPrometheus]:
    program = next(program for program in PROGRAMS if program.name == "prometheus")
    binary = find_or_make(program).path
    ports = free_ports()
    with contextlib.ExitStack() as stack:

        def start(
            protected: bool,
            address: str | None = None,
            past: Callable[[Path], None] | None = None,
        ) -> str:
            folder = Path(tempfile.mkdtemp(prefix="bytebridge-signals-"))
            processes = stack.enter_context(Processes(folder))
            configuration = prometheus.write_configuration(folder, SCRAPE_SECONDS)
            prometheus.write_target(folder, "signals", address or exposition.address, {})
            web = folder / "web.yml"
            users = {"basic_auth_users": {USERNAME: _BCRYPT}} if protected else {}
            web.write_text(yaml.safe_dump(users))
            port, data = next(ports), folder / "data"
            if past is not None:
                past(data)
            processes.start(
                "prometheus",
                [
                    str(binary),
                    f"--config.file={configuration}",
                    f"--web.config.file={web}",
                    f"--storage.tsdb.path={data}",
                    f"--web.listen-address={LOOPBACK}:{port}",
                ],
            )
            wait_for("Prometheus answers", lambda: _answers(port), wanted=True)
            return f"http://{LOOPBACK}:{port}"

        yield start


@pytest.fixture(scope="session")
def prometheus_url(start_prometheus: StartPrometheus) -> str:
    return start_prometheus(False)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/-/ready")
        # A protected one refuses, and by that shows that it is up.
        return connection.getresponse().status in {200, 401}
    except (OSError, http.client.HTTPException):
        time.sleep(0.05)
        return False
    finally:
        connection.close()
