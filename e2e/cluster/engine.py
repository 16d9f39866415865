"""A Docker engine: the one that answers, or else one of our own from Debian's packages.

Nothing is installed. Packages are unpacked where the local cluster unpacks its database servers;
the engine's images, containers, sockets and log are in one folder, see `engine_folder`.
"""

import fcntl
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bytebridge.lab.binaries import cache_folder
from bytebridge.lab.debian import find_or_unpack
from bytebridge.lab.errors import LabError
from e2e.cluster import engine_programs, traces
from e2e.cluster.daemon import command_line, has_ended, spawn
from e2e.cluster.errors import ClusterError
from e2e.cluster.process import run
from e2e.cluster.stages import Say

_SOCKET: Final = Path("/var/run/docker.sock")
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Engine:
    """A Docker engine that answers, and the client to talk to it."""

    client: Path
    version: str
    started: bool = False
    """Whether this very call has started it; who started it stops it."""

    def run(
        self, *arguments: str | Path, given: str | None = None, timeout_seconds: float = 600.0
    ) -> str:
        """Run `docker` with these arguments; see `e2e.cluster.process.run`."""
        return run(
            [self.client, *arguments],
            environment=self.environment(),
            given=given,
            timeout_seconds=timeout_seconds,
        )

    def environment(self) -> dict[str, str]:
        """The environment for programs that look for `docker` on PATH, such as kind.

        BuildKit is off: a client without the plugin buildx refuses to build with it.
        """
        path = f"{self.client.parent}:{os.environ['PATH']}"
        return {"DOCKER_BUILDKIT": "0", **os.environ, "PATH": path}

    def has_image(self, name: str) -> bool:
        """Whether an image of this name, with a tag or a digest, is there."""
        asked = subprocess.run(
            [self.client, "image", "inspect", name],
            env=self.environment(),
            capture_output=True,
            check=False,
        )
        return asked.returncode == 0


def engine_folder() -> Path:
    """The one folder of our own engine: images, containers, sockets, log."""
    return cache_folder().parent / "engine"


def find_engine() -> Engine | None:
    """The engine that answers, whoever started it."""
    client = engine_programs.find_client()
    if client is None:
        return None
    asked = subprocess.run(
        [client, "version", "--format", "{{.Server.Version}}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    version = asked.stdout.strip()
    return Engine(client, version) if asked.returncode == 0 and version else None


def start_engine(say: Say = lambda _: None) -> Engine:
    """Find an engine that answers, or else start our own; two runs do not start it at once.

    Raises:
        ClusterError: No engine answers and none can be started; the message says what to do.
    """
    found = find_engine()
    if found:
        say(f"Docker engine {found.version}: it answers already")
        return found
    _refuse_where_it_cannot_start()
    folder = engine_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return find_engine() or _start(folder, say)


def stop_engine(say: Say = lambda _: None) -> bool:
    """Stop our own engine and take its traces off the machine; images stay in its folder.

    Returns:
        Whether there was one.
    """
    folder = engine_folder()
    state = folder / "state.json"
    if not state.is_file():
        return False
    found = json.loads(state.read_text())
    bridges = _bridges()
    _end(found["pid"])
    traces.remove(folder, found["before"], bridges)
    state.unlink()
    say("Docker engine: stopped")
    return True


def _refuse_where_it_cannot_start() -> None:
    host = os.environ.get("DOCKER_HOST")
    if host:
        raise ClusterError(f"DOCKER_HOST is {host}, and no engine answers there: mend or unset it")
    if os.geteuid() != 0:
        raise ClusterError(
            "no Docker engine answers, and only root can start one: start Docker (and let this "
            "user use it: group docker), or run this as root"
        )


def _start(folder: Path, say: Say) -> Engine:
    say("Docker engine: none answers; starting one from Debian's packages ...")
    begun = time.monotonic()
    try:
        server = find_or_unpack(engine_programs.DOCKER)
        engine_programs.find_or_unpack_client()
    except LabError as error:
        raise ClusterError(f"no Docker engine answers: {error}") from error
    environment = engine_programs.environment(server, folder / "tools")
    before = _left_behind(folder) or traces.look(environment)
    _forget_the_dead(folder)
    command = [
        *(str(server.path), "--host", f"unix://{_SOCKET}"),
        *("--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")),
        *("--pidfile", str(folder / "dockerd.pid")),
        *engine_programs.runtime_options(server, folder / "tools", environment),
    ]
    log = folder / "dockerd.log"
    pid = spawn(command, environment, log)
    (folder / "state.json").write_text(json.dumps({"before": before, "pid": pid}))
    try:
        found = _wait(pid, log)
    except BaseException:
        stop_engine()
        raise
    say(f"Docker engine {found.version}: started in {time.monotonic() - begun:.1f} s")
    return Engine(found.client, found.version, started=True)


def _left_behind(folder: Path) -> dict[str, Any] | None:
    """What the machine was before an engine of ours that was killed since the last boot.

    Raises:
        ClusterError: It was not killed, it hangs.
    """
    state = folder / "state.json"
    if not state.is_file():
        return None
    found = json.loads(state.read_text())
    if _is_engine(found["pid"]):
        raise ClusterError(
            f"our Docker engine, process {found['pid']}, does not answer: stop it by "
            "`make e2e-clean`"
        )
    before: dict[str, Any] = found["before"]
    return before if before["boot"] == traces.boot() else None


def _forget_the_dead(folder: Path) -> None:
    """Remove process numbers of an engine that was killed, which dockerd would wait for."""
    for file in (folder / "dockerd.pid", folder / "exec/containerd/containerd.pid"):
        if file.is_file() and not any(
            str(folder) in word for word in command_line(int(file.read_text()))
        ):
            file.unlink()


def _bridges() -> list[str]:
    """Network devices of Docker's bridge networks."""
    found = find_engine()
    if found is None:
        return []
    listed = found.run("network", "ls", "--filter", "driver=bridge", "--format", "{{.ID}}")
    return [f"br-{name[:12]}" for name in listed.split()]


def _wait(pid: int, log: Path) -> Engine:
    deadline = time.monotonic() + _START_SECONDS
    while not has_ended(pid) and time.monotonic() < deadline:
        found = find_engine() if _SOCKET.exists() else None
        if found:
            return found
        time.sleep(0.2)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
    raise ClusterError(f"the Docker engine did not start; {log} ends:\n{tail}")


def _end(pid: int) -> None:
    """SIGTERM and wait; dockerd ends its containers and its containerd."""
    if not _is_engine(pid):
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _is_engine(pid):
        if time.monotonic() > deadline:
            raise ClusterError(f"the Docker engine, process {pid}, does not end: look at its log")
        has_ended(pid)
        time.sleep(0.1)


def _is_engine(pid: int) -> bool:
    return str(engine_folder() / "data") in command_line(pid)
