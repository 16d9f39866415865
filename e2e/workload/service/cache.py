"""Answers that were given before, in Redis or Valkey; without one, nothing is cached."""

import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from redis.asyncio import Redis

from e2e.workload.service.metrics import ServiceMetrics

log = logging.getLogger(__name__)


class AnswerCache(Protocol):
    """Where answers are kept."""

    async def get(self, document: str) -> bytes | None:
        """The answer for this document, if it is there."""

    async def put(self, document: str, answer: bytes) -> None:
        """Keep an answer for who asks next."""


class NoCache:
    """Of a service without one."""

    async def get(self, document: str) -> bytes | None:  # noqa: ARG002 - as the protocol has it
        """Nothing is ever there."""
        return None

    async def put(self, document: str, answer: bytes) -> None:
        """Nothing is kept."""


class RedisCache:
    """A cache that never fails a request: where it does not answer, it has nothing."""

    def __init__(self, client: "Redis", keep_seconds: int, metrics: ServiceMetrics) -> None:
        self._client = client
        self._keep_seconds = keep_seconds
        self._count = metrics.cache

    async def get(self, document: str) -> bytes | None:
        """The answer for this document, if it is there."""
        from redis import RedisError

        try:
            found: bytes | None = await self._client.get(_key(document))
        except RedisError as error:
            self._count.labels("error").inc()
            log.warning("cache: %s", error)
            return None
        self._count.labels("miss" if found is None else "hit").inc()
        return found

    async def put(self, document: str, answer: bytes) -> None:
        """Keep an answer for who asks next."""
        from redis import RedisError

        try:
            await self._client.set(_key(document), answer, ex=self._keep_seconds)
        except RedisError as error:
            self._count.labels("error").inc()
            log.warning("cache: %s", error)


@asynccontextmanager
async def open_cache(
    url: str | None, keep_seconds: int, metrics: ServiceMetrics
) -> AsyncIterator[AnswerCache]:
    """The cache at this address; `None`: none. Connects at the first request."""
    if url is None:
        yield NoCache()
        return
    # Loading redis takes as long as the rest of the service, which a pod without a cache is spared.
    from redis.asyncio import Redis

    async with Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0) as client:
        yield RedisCache(client, keep_seconds, metrics)


def _key(document: str) -> str:
    return f"clauses:{hashlib.sha256(document.encode()).hexdigest()}"
