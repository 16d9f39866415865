"""Programs that are run to their end."""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from e2e.cluster.errors import ClusterError

_ERROR_TAIL: Final = 4000
_TITLE: Final = 250
"""Characters of a command that errors show."""


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    given: str | None = None,
    into: Path | None = None,
    timeout_seconds: float = 600.0,
) -> str:
    """Run a command and return what it wrote to its standard output.

    Args:
        command: Program and arguments.
        environment: Its environment; `None`: the present one.
        folder: Where it runs.
        given: Its standard input.
        into: A file for its standard output, which may be binary then; nothing is returned.
        timeout_seconds: After that it is killed.

    Raises:
        ClusterError: It is not there, failed, or took too long; with the end of its output.
    """
    words = [str(word) for word in command]
    title = " ".join([Path(words[0]).name, *words[1:]])[:_TITLE]
    try:
        with into.open("wb") if into else nullcontext(subprocess.PIPE) as output:
            done = subprocess.run(
                words,
                env=environment,
                cwd=folder,
                input=given or "",
                stdout=output,
                stderr=subprocess.PIPE,
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
        said = f"{done.stdout or ''}\n{done.stderr}".strip()[-_ERROR_TAIL:]
        raise ClusterError(f"`{title}` ended with {done.returncode}:\n{said}")
    return done.stdout or ""
