"""The supervisor process: parent of a lab's components, and their end.

It runs as a script of its own (standard library only), takes one JSON request a line on standard
input and answers each with one line. When its standard input closes or its parent is gone, for
whatever reason (SIGKILL included), it kills every component with its process group and removes the
lab's folder.
Should the supervisor itself be killed, Linux kills its children (PR_SET_PDEATHSIG); that signal
follows the *thread* that forked, hence this process has one thread and the lab does not fork.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PARENT_CHECK_SECONDS = 1.0

Request = dict[str, Any]
Answer = dict[str, Any]


def _death_with_parent() -> Callable[[], None] | None:
    """What a child runs before exec so that it does not outlive this process; Linux only."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def set_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return set_signal


class Components:
    """The processes that this supervisor started, by name."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._before_exec = _death_with_parent()

    def answer(self, request: Request) -> Answer:
        """Do what one request says."""
        match request["do"]:
            case "start":
                return self._start(request["name"], request["argv"], request["log"])
            case "stop":
                return self._stop(request["name"], request["grace_seconds"])
            case "exit-codes":
                return {name: process.poll() for name, process in self._processes.items()}
            case unknown:
                return {"error": f"unknown request {unknown!r}"}

    def _start(self, name: str, argv: list[str], log: str) -> Answer:
        with Path(log).open("ab") as output:
            try:
                process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=Path(log).parent,
                    process_group=0,
                    preexec_fn=self._before_exec,  # noqa: PLW1509 - this process has one thread
                )
            except OSError as error:
                return {"error": f"{name}: {argv[0]} does not start: {error}"}
        self._processes[name] = process
        return {"pid": process.pid}

    def _stop(self, name: str, grace_seconds: float) -> Answer:
        process = self._processes.pop(name)
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
        _signal_group(process, signal.SIGKILL)
        return {"exit_code": process.wait()}

    def kill_all(self) -> None:
        """Kill every component and wait until each is gone."""
        for process in self._processes.values():
            _signal_group(process, signal.SIGKILL)
        for process in self._processes.values():
            process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _serve(components: Components) -> None:
    """Answer requests until the parent is gone."""
    parent = os.getppid()
    pending = b""
    while os.getppid() == parent:
        readable, _, _ = select.select([0], [], [], _PARENT_CHECK_SECONDS)
        if not readable:
            continue
        received = os.read(0, 65536)
        if not received:
            return
        *lines, pending = (pending + received).split(b"\n")
        for line in lines:
            os.write(1, json.dumps(components.answer(json.loads(line))).encode() + b"\n")


def main() -> None:
    """Serve the parent; then leave neither a process nor the folder named by the argument."""
    folder = sys.argv[1]
    components = Components()
    try:
        _serve(components)
    finally:
        components.kill_all()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
