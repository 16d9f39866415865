"""Processes that play the pods of a service: each opens the pools that its environment asks for.

Run as a script. It forks a process a pod, as a Python with its libraries loaded is large and its
forks share it. On standard input a line `grow N` brings the pods to N and `end` stops them; after
each the state is one line of JSON on standard output.
"""

import json
import logging
import os
import signal
import sys
import time
from typing import Any, BinaryIO

import psycopg
import psycopg_pool

OPEN_SECONDS = 12.0


def pod(environment: dict[str, str], channel: int) -> None:
    """Open the pools, tell how it went, and use them until SIGTERM."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    pools: list[psycopg_pool.ConnectionPool[psycopg.Connection]] = []
    errors: list[str] = []
    try:
        for url, size in _pools(environment):
            pools.append(_open(url, environment, size))
        told = False
        while not stopping:
            for pool in pools:
                _query(pool)
            if not told:
                os.write(channel, b"open\n")
                told = True
            time.sleep(0.1)
    except Exception as error:  # noqa: BLE001 - whatever it is, the test is to see it
        errors.append(str(error).replace("\n", " "))
    if errors:
        os.write(channel, json.dumps(errors).encode() + b"\n")
    for pool in pools:
        pool.close(timeout=2)


def _pools(environment: dict[str, str]) -> list[tuple[str, int]]:
    overflow = int(environment.get("DB_MAX_OVERFLOW", "0"))
    sizes = {"DATABASE_URL": "DB_POOL_SIZE", "DATABASE_READER_URL": "DB_READER_POOL_SIZE"}
    return [
        (environment[url], int(environment[size]) + overflow)
        for url, size in sizes.items()
        if url in environment
        for _ in range(int(environment.get("TEST_POOLS_PER_REPLICA", "1")))
    ]


def _open(
    url: str, environment: dict[str, str], size: int
) -> psycopg_pool.ConnectionPool[psycopg.Connection]:
    """All connections of the pool, at once: that is what it may hold."""
    heard = Heard()
    logging.getLogger("psycopg.pool").addHandler(heard)
    pool = psycopg_pool.ConnectionPool(
        url,
        kwargs={
            "password": environment["PGPASSWORD"],
            "autocommit": True,
            "prepare_threshold": None,
        },
        min_size=size,
        max_size=size,
        num_workers=1,
        open=True,
    )
    try:
        pool.wait(OPEN_SECONDS)
    except psycopg_pool.PoolTimeout as error:
        raise psycopg_pool.PoolTimeout(f"{error}: {heard.last}") from error
    return pool


class Heard(logging.Handler):
    """What a pool says of its connections: why it cannot open them, it only logs."""

    last = "the pool said nothing"

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the last message."""
        self.last = record.getMessage()


def _query(pool: psycopg_pool.ConnectionPool[psycopg.Connection]) -> None:
    with pool.connection(timeout=10) as connection:
        row = connection.execute("select 1").fetchone()
        assert row == (1,)


class Fleet:
    """The pods that run."""

    def __init__(self, environments: list[dict[str, str]]) -> None:
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
                pod(environment, writer)
            except BaseException:  # noqa: BLE001 - nothing of the parent must run in the child
                code = 1
            finally:
                os._exit(code)
        os.close(writer)
        self._pods.append((process, os.fdopen(reader, "rb")))


def main() -> None:
    """Follow the lines of standard input."""
    fleet = Fleet(json.loads(sys.argv[1]))
    try:
        for line in sys.stdin:
            word, *rest = line.split()
            state = fleet.grow(int(rest[0])) if word == "grow" else fleet.end()
            print(json.dumps(state), flush=True)
    finally:
        fleet.end()


if __name__ == "__main__":
    main()
