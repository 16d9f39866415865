"""Processes that play the pods of a service: each opens the pools that its environment asks for."""

import json
import logging
import os
import signal
import time

import psycopg
import psycopg_pool

from support.fleet import follow

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


if __name__ == "__main__":
    follow(pod)
