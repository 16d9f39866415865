"""The operator as its own process, as in production."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_STOP_SECONDS = 10.0
_LOG_TAIL_LINES = 15


class OperatorDiedError(Exception):
    """The operator ended by itself."""


class OperatorProcess:
    """A running operator."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, port: int) -> None:
        self._process = process
        self._log = log
        self.address = f"127.0.0.1:{port}"
        """Where it serves /metrics."""

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def check(self) -> None:
        """Make sure that it lives.

        Raises:
            OperatorDiedError: It does not; the message holds the end of its log.
        """
        code = self._process.poll()
        if code is not None:
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
            tail = "\n".join(lines[-_LOG_TAIL_LINES:])
            raise OperatorDiedError(f"the operator ended with exit code {code}; its log:\n{tail}")


@contextlib.contextmanager
def start_operator(kubeconfig: Path, prometheus_url: str, log: Path) -> Iterator[OperatorProcess]:
    """Run `bytebridge run` for all namespaces until the context is left.

    Args:
        kubeconfig: How it reaches the cluster.
        prometheus_url: Where it asks for signals.
        log: Where its output goes.
    """
    command = [sys.executable, "-m", "bytebridge", "run", "--all-namespaces"]
    port = _free_port()
    command += ["--prometheus-url", prometheus_url, "--listen-port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=os.environ | {"KUBECONFIG": str(kubeconfig)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # a Ctrl-C is for the demo, which then stops the operator
        )
        try:
            yield OperatorProcess(process, log, port)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
