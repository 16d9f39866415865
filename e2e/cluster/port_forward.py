"""A port of a pod on this machine's loopback, while it is needed."""

import re
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from e2e.cluster.errors import ClusterError

_LINE: Final = re.compile(r"^Forwarding from (127\.0\.0\.1:\d+) ->")
_START_SECONDS: Final = 30.0


@contextmanager
def port_forward(kubectl: Sequence[str | Path], target: str, port: int) -> Iterator[str]:
    """Run `kubectl port-forward`; yields the URL on loopback.

    Args:
        kubectl: The command, with its kubeconfig and namespace.
        target: `pod/...`, `service/...` or `deployment/...`.
        port: Of the target.

    Raises:
        ClusterError: It does not begin to forward in time.
    """
    process = subprocess.Popen(
        [*kubectl, "port-forward", "--address=127.0.0.1", target, f":{port}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # The output ends with the process, and with it the reading.
    limit = threading.Timer(_START_SECONDS, process.kill)
    limit.start()
    try:
        address = _address(process, target)
        limit.cancel()
        yield f"http://{address}"
    finally:
        limit.cancel()
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _address(process: "subprocess.Popen[str]", target: str) -> str:
    said = []
    for line in process.stdout or ():
        found = _LINE.match(line)
        if found:
            return found[1]
        said.append(line)
    raise ClusterError(f"{target}: no port is forwarded: {''.join(said)}")
