"""Programs that are run to their end."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from e2e.cluster.errors import ClusterError

_ERROR_TAIL: Final = 4000


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    given: str | None = None,
    timeout_seconds: float = 600.0,
) -> str:
    """Run a command and return what it wrote to its standard output.

    Args:
        command: Program and arguments.
        environment: Its environment; `None`: the present one.
        folder: Where it runs.
        given: Its standard input.
        timeout_seconds: After that it is killed.

    Raises:
        ClusterError: It is not there, failed, or took too long; with the end of its output.
    """
    words = [str(word) for word in command]
    title = " ".join(words[:4])
    try:
        done = subprocess.run(
            words,
            env=environment,
            cwd=folder,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"`{title}` took more than {timeout_seconds:.0f} s") from error
    except OSError as error:
        raise ClusterError(f"`{title}` cannot be run: {error}") from error
    if done.returncode:
        said = f"{done.stdout}\n{done.stderr}".strip()[-_ERROR_TAIL:]
        raise ClusterError(f"`{title}` ended with {done.returncode}:\n{said}")
    return done.stdout
