"""`bytebridge run` as users run it: a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from bytebridge.lab.cluster import Lab
from support.objects import wait_for

RELISTS_SOON = (
    "-c",
    """
import bytebridge.cli.main, bytebridge.controller.listing
bytebridge.controller.listing.RELIST_SECONDS = 5.0
bytebridge.cli.main.app()
""",
)
"""`bytebridge`, which looks for missed deletions within the test's time."""

LOOKS_SOON = (
    "-c",
    """
import bytebridge.cli.main, bytebridge.controller.route_watch
bytebridge.controller.route_watch.LOOK_SECONDS = 1.0
bytebridge.cli.main.app()
""",
)
"""`bytebridge`, which looks at Ingresses and HTTPRoutes within the test's time."""


class OperatorProcess:
    """One running operator.

    Args:
        lab: Its cluster.
        log: Where its output goes.
        options: Of `bytebridge run`.
        environment: Sets it up in place of options, as a pod's does.
        program: How Python finds it.
    """

    def __init__(
        self,
        lab: Lab,
        log: Path,
        *options: str,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = ("-m", "bytebridge"),
    ) -> None:
        if environment is None:
            environment = {"KUBECONFIG": str(lab.kubeconfig)}
            options = (
                *("--all-namespaces", "--prometheus-url", lab.prometheus_url),
                *("--tick-seconds", "1", *options),
            )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, *program, "run", "--listen-port", str(port)),
                    *options,
                ],
                env={**os.environ, **environment},
                stdout=output,
                stderr=output,
            )

    def stop(self) -> int:
        """SIGTERM, as the kubelet sends it; returns the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)

    def kill(self) -> None:
        """SIGKILL: a crash."""
        self._process.kill()
        self._process.wait()

    def ready(self) -> bool:
        """Its /readyz answers: a tick has ended."""
        assert self.alive, self.log.read_text()[-3000:]
        try:
            with urlopen(f"http://{self.address}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def leads(self) -> bool:
        """Whether it is the one that acts."""
        return self.metric("bytebridge_leader") == 1.0

    def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        with urlopen(f"http://{self.address}/metrics", timeout=2) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])

    @property
    def alive(self) -> bool:
        return self._process.poll() is None


@contextmanager
def running_operator(
    lab: Lab,
    folder: Path,
    *options: str,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = ("-m", "bytebridge"),
) -> Iterator[OperatorProcess]:
    """An operator that must be alive at the end and stop cleanly."""
    log = folder / "operator.log"
    operator = OperatorProcess(lab, log, *options, environment=environment, program=program)
    try:
        wait_for("the operator is ready", operator.ready, wanted=True)
        yield operator
    finally:
        alive = operator.alive
        code = operator.stop() if alive else None
        print(operator.log.read_text()[-6000:])
    assert alive, "the operator ended by itself"
    assert code == 0, f"the operator stopped with exit code {code}"
