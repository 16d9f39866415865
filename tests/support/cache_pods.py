"""Processes that play pods with a cache: each has as many connections as it has threads at work."""

import json
import os
import signal
import time

import redis

from support.fleet import follow

CONNECTIONS_PER_URL = 4
CONNECTIONS_PER_POD = 2 * CONNECTIONS_PER_URL


def pod(environment: dict[str, str], channel: int) -> None:
    """Write by one URL and read by the other, on all connections, until SIGTERM."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    os.environ |= environment  # SSL_CERT_FILE is for OpenSSL itself
    writers = _connect(environment["REDIS_URL"])
    readers = _connect(environment["REDIS_READER_URL"])
    try:
        told = False
        while not stopping:
            for number, (writer, reader) in enumerate(zip(writers, readers, strict=True)):
                writer.set(f"pod-{os.getpid()}-{number}", "1", ex=60)
                reader.get(f"pod-{os.getpid()}-{number}")
            if not told:
                os.write(channel, b"open\n")
                told = True
            time.sleep(0.1)
    except redis.RedisError as error:
        words = f"{type(error).__name__}: {error}".replace("\n", " ")
        os.write(channel, json.dumps([words]).encode() + b"\n")
    for client in (*writers, *readers):
        client.close()


def _connect(url: str) -> list[redis.Redis]:
    """Clients of one connection each, without redis-py's own retries: a refusal must be seen."""
    return [
        redis.Redis.from_url(url, max_connections=1, retry=None, socket_timeout=20)
        for _ in range(CONNECTIONS_PER_URL)
    ]


if __name__ == "__main__":
    follow(pod)
