"""The only requests to Prometheus."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from bytebridge.signals.dealing import SignalReport, Vector, deal
from bytebridge.signals.queries import Query, SignalTarget, plan_queries

CONCURRENT_QUERIES = 8


@dataclass(frozen=True, slots=True)
class PrometheusConnection:
    """Where Prometheus is and how the operator proves who it is."""

    url: str
    bearer_token_file: Path | None = None
    """Read again for every tick, as tokens rotate."""
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    tenant: str | None = None
    """X-Scope-OrgID of Mimir, Cortex and Thanos."""
    timeout_seconds: float = 4.0


class SignalSource:
    """Reads the signals of all services; an async context manager that owns its session."""

    def __init__(self, connection: PrometheusConnection) -> None:
        self._connection = connection
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        authority = self._connection.ca_file
        context = ssl.create_default_context(cafile=str(authority)) if authority else True
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONCURRENT_QUERIES, ssl=context),
            timeout=aiohttp.ClientTimeout(total=self._connection.timeout_seconds),
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
        if not plan:
            return SignalReport({})
        answers: dict[Query, Vector] = {}
        errors: dict[str, str] = {}
        headers = self._headers(errors)

        async def ask(query: Query) -> None:
            try:
                answers[query] = await self._ask(query, headers)
            except (TimeoutError, aiohttp.ClientError, ValueError, KeyError) as error:
                errors[query.text] = repr(error)

        await asyncio.gather(*(ask(query) for query in plan))
        readings = deal(plan, answers, {target.key: target for target in targets})
        return SignalReport(readings, errors, len(plan))

    async def _ask(self, query: Query, headers: dict[str, str]) -> Vector:
        """One instant query at the server's own present, so that clocks need not agree.

        Raises:
            ValueError: Prometheus refused it, or the result is no vector.
        """
        if self._session is None:
            raise RuntimeError("SignalSource: use it as an async context manager")
        url = f"{self._connection.url.rstrip('/')}/api/v1/query"
        async with self._session.post(url, data={"query": query.text}, headers=headers) as response:
            answer = await response.json(content_type=None)
        if answer.get("status") != "success":
            raise ValueError(answer.get("error", f"HTTP {response.status}"))
        data = answer["data"]
        if data["resultType"] == "scalar":
            return [{"metric": {}, "value": data["result"]}]
        if data["resultType"] != "vector":
            raise ValueError(f"expected an instant vector, got a {data['resultType']}")
        result: Vector = data["result"]
        return result

    def _headers(self, errors: dict[str, str]) -> dict[str, str]:
        connection = self._connection
        headers = {"X-Scope-OrgID": connection.tenant} if connection.tenant else {}
        try:
            if connection.bearer_token_file:
                token = connection.bearer_token_file.read_text(encoding="utf-8").strip()
                headers["Authorization"] = f"Bearer {token}"
            elif connection.username and connection.password_file:
                password = connection.password_file.read_text(encoding="utf-8").strip()
                headers["Authorization"] = aiohttp.encode_basic_auth(connection.username, password)
        except OSError as error:
            errors["credentials"] = f"{error.filename}: {error.strerror}"
        return headers
