"""A process for each pod, forked from one: a Python with its libraries is large, forks share it.

A script that plays pods calls `follow`. On standard input a line `grow N` brings the pods to N and
`end` stops them; after each the state is one line of JSON on standard output.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

Pod = Callable[[dict[str, str], int], None]
"""Runs until SIGTERM. Writes `open`, or a JSON list of errors, as a line to the file descriptor."""


class Fleet:
    """The pods that run."""

    def __init__(self, pod: Pod, environments: list[dict[str, str]]) -> None:
        self._pod = pod
        self._environments = environments
        self._pods: list[tuple[int, BinaryIO]] = []

    def grow(self, count: int) -> dict[str, Any]:
        """Bring the pods to a number, and wait until all have opened their pools or failed."""
        before = len(self._pods)
        for number in range(before, count):
            self._start(self._environments[number % len(self._environments)])
        for process, _ in self._pods[count:]:
            os.kill(process, signal.SIGTERM)
        for process, _ in self._pods[count:]:
            os.waitpid(process, 0)
        for _, channel in self._pods[count:]:
            channel.close()
        del self._pods[count:]
        opened, errors = 0, list[str]()
        for _, channel in self._pods[before:]:
            line = channel.readline().decode().strip()
            if line == "open":
                opened += 1
            else:
                errors += json.loads(line or '["ended without a word"]')
        return {"opened": opened, "errors": errors}

    def end(self) -> dict[str, Any]:
        """Stop all, and tell what went wrong since."""
        errors = list[str]()
        for process, _ in self._pods:
            os.kill(process, signal.SIGTERM)
        for process, channel in self._pods:
            with channel:
                for line in channel.read().decode().splitlines():
                    errors += [] if line == "open" else json.loads(line)
            os.waitpid(process, 0)
        self._pods.clear()
        return {"opened": 0, "errors": errors}

    def _start(self, environment: dict[str, str]) -> None:
        reader, writer = os.pipe()
        process = os.fork()
        if process == 0:
            code = 0
            try:
                os.close(reader)
                os.nice(19)
                self._pod(environment, writer)
            except BaseException:  # noqa: BLE001 - nothing of the parent must run in the child
                code = 1
            finally:
                os._exit(code)
        os.close(writer)
        self._pods.append((process, os.fdopen(reader, "rb")))


def follow(pod: Pod) -> None:
    """Follow the lines of standard input."""
    fleet = Fleet(pod, json.loads(sys.argv[1]))
    try:
        for line in sys.stdin:
            word, *rest = line.split()
            state = fleet.grow(int(rest[0])) if word == "grow" else fleet.end()
            print(json.dumps(state), flush=True)
    finally:
        fleet.end()
