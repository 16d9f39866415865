"""Questions about what Prometheus has recorded."""

import asyncio
from dataclasses import replace
from types import TracebackType
from typing import Self

import aiohttp

from bytebridge.signals.connection import (
    PrometheusConnection,
    Span,
    ask,
    ask_range,
    open_session,
    request_headers,
)
from bytebridge.signals.dealing import Vector

REQUEST_SECONDS = 120.0
PRESENT_SECONDS = 10.0
MOST_POINTS = 5_000
"""Of one request. Prometheus refuses more than 11,000; fewer also spare its memory."""
FEWEST_POINTS = 100
"""Below this a request that is refused as too large is not split any further."""
_TOO_LARGE = "too many samples"


class HistoryError(Exception):
    """Nothing can be read; the message names what to check."""


class Past:
    """Reads ranges; an async context manager that owns its session."""

    def __init__(self, connection: PrometheusConnection, requests_at_once: int) -> None:
        self._connection = connection
        self._requests_at_once = requests_at_once
        # A request that waits here is not timed yet, as it would be within the session.
        self._free = asyncio.Semaphore(requests_at_once)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = open_session(self._connection, REQUEST_SECONDS, self._requests_at_once)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def url(self) -> str:
        """Of this Prometheus."""
        return self._connection.url

    async def now(self) -> float:
        """Prometheus' own present, Unix seconds.

        Raises:
            HistoryError: It does not answer.
        """
        session, headers = self._open()
        try:
            vector = await ask(session, self._connection, headers, "time()", PRESENT_SECONDS)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise self._unanswered(error) from error
        return float(vector[0]["value"][1])

    async def ask(self, text: str, span: Span) -> Vector:
        """One range query, in halves where it would load too much at once.

        Returns:
            Series, each with `metric` and `values`; the same series twice where it was halved.

        Raises:
            ValueError: Prometheus refuses the query.
            HistoryError: It does not answer.
        """
        session, headers = self._open()
        try:
            async with self._free:
                return await ask_range(session, self._connection, headers, text, span)
        except ValueError as error:
            if _TOO_LARGE not in str(error) or span.points < 2 * FEWEST_POINTS:
                raise
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unanswered(error) from error
        middle = span.start + span.points // 2 * span.step
        first = await self.ask(text, replace(span, end=middle - span.step))
        return first + await self.ask(text, replace(span, start=middle))

    def _open(self) -> tuple[aiohttp.ClientSession, dict[str, str]]:
        if self._session is None:
            raise RuntimeError("Past: use it as an async context manager")
        try:
            return self._session, request_headers(self._connection)
        except OSError as error:
            problem = f"credentials for Prometheus: {error.filename}: {error.strerror}"
            raise HistoryError(problem) from error

    def _unanswered(self, error: BaseException) -> HistoryError:
        return HistoryError(f"{self.url}: {str(error) or type(error).__name__}")


def parts(span: Span, most_points: int) -> list[Span]:
    """The same points in requests of at most so many."""
    return [
        Span(
            span.start + first * span.step,
            span.start + (min(first + most_points, span.points) - 1) * span.step,
            span.step,
        )
        for first in range(0, span.points, most_points)
    ]
