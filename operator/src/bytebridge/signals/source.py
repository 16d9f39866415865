"""The only requests to Prometheus."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp

from bytebridge.signals.connection import (
    PrometheusConnection,
    ask,
    open_session,
    request_headers,
)
from bytebridge.signals.dealing import SignalReport, Vector, deal
from bytebridge.signals.queries import Plan, Query, SignalTarget, plan_queries

__all__ = ["PrometheusConnection", "SignalSource"]

PRESET_QUERIES_AT_ONCE = 8
CUSTOM_QUERIES_AT_ONCE = 4
CUSTOM_SHARE = 0.5
"""Of a tick's time that one custom query may take."""


@dataclass(slots=True)
class _Answers:
    by_query: dict[Query, Vector] = field(default_factory=dict)
    failures: dict[Query, str] = field(default_factory=dict)


class SignalSource:
    """Reads the signals of all services; an async context manager that owns its session."""

    def __init__(self, connection: PrometheusConnection) -> None:
        self._connection = connection
        self._session: aiohttp.ClientSession | None = None
        self._first_custom = 0

    async def __aenter__(self) -> Self:
        self._session = open_session(
            self._connection,
            self._connection.timeout_seconds,
            PRESET_QUERIES_AT_ONCE + CUSTOM_QUERIES_AT_ONCE,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def read(self, targets: Sequence[SignalTarget]) -> SignalReport:
        """Read all signals; what Prometheus does not tell is unknown, never an error."""
        plan = plan_queries(targets)
        by_key = {target.key: target for target in targets}
        try:
            headers = request_headers(self._connection)
        except OSError as error:
            problem = f"credentials for Prometheus: {error.filename}: {error.strerror}"
            answers = _Answers(failures=dict.fromkeys(plan, problem))
            return _report(plan, answers, by_key, 0)
        answers = _Answers()
        whole = self._connection.timeout_seconds
        await asyncio.gather(
            self._ask_all(
                [query for query in plan if not query.custom],
                headers, answers, PRESET_QUERIES_AT_ONCE, whole,
            ),
            self._ask_all(
                self._rotated([query for query in plan if query.custom]),
                headers, answers, CUSTOM_QUERIES_AT_ONCE, CUSTOM_SHARE * whole,
            ),
        )  # fmt: skip
        return _report(plan, answers, by_key, len(plan))

    async def ask_each(self, texts: Sequence[str]) -> Mapping[str, Vector]:
        """The answers to these texts; one that has none is absent."""
        try:
            headers = request_headers(self._connection)
        except OSError:
            return {}  # `read` has told it already.
        answers, queries = _Answers(), [Query(text) for text in texts]
        seconds = CUSTOM_SHARE * self._connection.timeout_seconds
        await self._ask_all(queries, headers, answers, PRESET_QUERIES_AT_ONCE, seconds)
        return {query.text: vector for query, vector in answers.by_query.items()}

    def _rotated(self, queries: list[Query]) -> list[Query]:
        """Each tick begins elsewhere, so that slow queries do not always starve the same others."""
        if not queries:
            return queries
        first = self._first_custom % len(queries)
        self._first_custom = first + CUSTOM_QUERIES_AT_ONCE
        return queries[first:] + queries[:first]

    async def _ask_all(
        self,
        queries: Sequence[Query],
        headers: dict[str, str],
        answers: _Answers,
        at_once: int,
        seconds_each: float,
    ) -> None:
        """Ask, so many at once, until the time of the tick is over."""
        session = self._session
        if session is None:
            raise RuntimeError("SignalSource: use it as an async context manager")
        slots = asyncio.Semaphore(at_once)
        end = asyncio.get_running_loop().time() + self._connection.timeout_seconds

        async def one(query: Query) -> None:
            try:
                async with asyncio.timeout_at(end), slots, asyncio.timeout(seconds_each):
                    vector = await ask(session, self._connection, headers, query.text, seconds_each)
            except TimeoutError:
                answers.failures[query] = (
                    f"no answer in time: {seconds_each:g} s for a query, "
                    f"{self._connection.timeout_seconds:g} s for all"
                )
            except (aiohttp.ClientError, ValueError) as error:
                answers.failures[query] = str(error) or type(error).__name__
            else:
                answers.by_query[query] = vector

        await asyncio.gather(*(one(query) for query in queries))


def _report(
    plan: Plan,
    answers: _Answers,
    targets: Mapping[tuple[str, str], SignalTarget],
    sent: int,
) -> SignalReport:
    readings, explanations = deal(plan, answers.by_query, answers.failures, targets)
    errors = {query.text: error for query, error in answers.failures.items()}
    return SignalReport(readings, explanations, errors, sent)
