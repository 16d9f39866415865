"""The components' processes, seen from the lab: start, stop, notice a death, read a log's end."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bytebridge.lab import supervisor
from bytebridge.lab.errors import ComponentDiedError, LabError

_LOG_TAIL_LINES = 20
_LOG_TAIL_BYTES = 16_384


class Processes:
    """The components of one lab; leaving the context ends them all and removes `folder`.

    Thread-safe. The processes belong to a supervisor process, see `bytebridge.lab.supervisor`.
    """

    def __init__(self, folder: Path) -> None:
        self._logs = folder / "logs"
        self._logs.mkdir(parents=True)
        self._lock = threading.Lock()
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", supervisor.__file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C in the terminal is for the lab, not for its parts
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._supervisor.communicate()

    def start(self, name: str, argv: Sequence[str]) -> None:
        """Start a component; its output goes to its log.

        Raises:
            LabError: The program cannot be executed.
        """
        log = str(self.log(name))
        self._ask({"do": "start", "name": name, "argv": list(argv), "log": log})

    def stop(self, name: str, grace_seconds: float = 5.0) -> None:
        """End a component: SIGTERM, then SIGKILL after the grace; returns when it is gone."""
        if name not in self._exit_codes():
            raise LabError(f"{name} is not running: start it before stopping it")
        self._ask({"do": "stop", "name": name, "grace_seconds": grace_seconds})

    def running(self) -> frozenset[str]:
        """Names of the components that were started and not stopped.

        Raises:
            ComponentDiedError: One of them has ended by itself.
        """
        exit_codes = self._exit_codes()
        for name, code in exit_codes.items():
            if code is not None:
                raise ComponentDiedError(
                    f"{name} ended with exit code {code}; its log ends:\n{self.log_tail(name)}"
                )
        return frozenset(exit_codes)

    def log(self, name: str) -> Path:
        """Where a component's output goes."""
        return self._logs / f"{name}.log"

    def log_tail(self, name: str) -> str:
        """The last lines of a component's log."""
        path = self.log(name)
        if not path.exists():
            return "(no output)"
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _LOG_TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_TAIL_LINES:])

    def _exit_codes(self) -> dict[str, int | None]:
        return self._ask({"do": "exit-codes"})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        requests, answers = self._supervisor.stdin, self._supervisor.stdout
        if requests is None or answers is None:
            raise LabError("the supervisor process has no pipes")
        with self._lock:
            try:
                requests.write(json.dumps(request) + "\n")
                requests.flush()
            except OSError as error:
                raise LabError("the supervisor process is gone, and the lab with it") from error
            line = answers.readline()
        if not line:
            raise LabError("the supervisor process is gone, and the lab with it")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise LabError(answer["error"])
        return answer
