"""The cache of answers in Redis or Valkey."""

import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from redis import RedisError
from redis.asyncio import Redis

from e2e.workload.service.metrics import ServiceMetrics

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 1.0


class RedisCache:
    """A cache that never fails a request: where it does not answer, it has nothing."""

    def __init__(self, client: Redis, keep_seconds: int, metrics: ServiceMetrics) -> None:
        self._client = client
        self._keep_seconds = keep_seconds
        self._count = metrics.cache

    async def get(self, document: str) -> bytes | None:
        """The answer for this document, if it is there."""
        try:
            found = await self._client.get(_key(document))
        except RedisError as error:
            self._failed(error)
            return None
        self._count.labels("miss" if found is None else "hit").inc()
        return found.encode() if isinstance(found, str) else found

    async def put(self, document: str, answer: bytes) -> None:
        """Keep an answer for who asks next."""
        try:
            await self._client.set(_key(document), answer, ex=self._keep_seconds)
        except RedisError as error:
            self._failed(error)

    def _failed(self, error: RedisError) -> None:
        self._count.labels("error").inc()
        log.warning("cache: %s", error)


@asynccontextmanager
async def open_redis_cache(
    url: str, keep_seconds: int, metrics: ServiceMetrics
) -> AsyncIterator[RedisCache]:
    """The cache at this address; it is connected to by the first request."""
    client = Redis.from_url(url, socket_timeout=WAIT_SECONDS, socket_connect_timeout=WAIT_SECONDS)
    async with client:
        yield RedisCache(client, keep_seconds, metrics)


def _key(document: str) -> str:
    return f"clauses:{hashlib.sha256(document.encode()).hexdigest()}"
