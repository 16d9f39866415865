"""Bounded concurrency with a bounded queue, first in, first out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class QueueFullError(Exception):
    """As many wait already as may."""


class Slots:
    """Slots for work that runs at once."""

    def __init__(self, size: int, queue_limit: int) -> None:
        self.size = size
        self.waiting = 0
        self.running = 0
        self._queue_limit = queue_limit
        self._semaphore = asyncio.Semaphore(size)  # wakes who waits in the order of arrival

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """Wait for a slot, and keep it for the block.

        Raises:
            QueueFullError: The queue is full; nothing was waited for.
        """
        if self._semaphore.locked():
            if self.waiting >= self._queue_limit:
                raise QueueFullError
            self.waiting += 1
            try:
                await self._semaphore.acquire()
            finally:
                self.waiting -= 1
        else:
            await self._semaphore.acquire()
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self._semaphore.release()
