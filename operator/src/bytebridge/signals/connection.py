"""Where Prometheus is, how the operator proves who it is, and one question."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from bytebridge.signals.dealing import Vector

KEEP_ALIVE_SECONDS = 0.5
"""Shorter than the pause between ticks, so that each tick connects anew. A connection that was made
while Prometheus was being replaced may lead to whatever answered at its address then, for ever."""


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
    """For all queries of a tick."""


@dataclass(frozen=True, slots=True)
class Span:
    """The points of a range query: Unix seconds, both ends included."""

    start: float
    end: float
    step: float

    @property
    def points(self) -> int:
        """How many there are."""
        return round((self.end - self.start) / self.step) + 1


def request_headers(connection: PrometheusConnection) -> dict[str, str]:
    """Tenant and credentials.

    Raises:
        OSError: A file of credentials cannot be read.
    """
    headers = {"X-Scope-OrgID": connection.tenant} if connection.tenant else {}
    if connection.bearer_token_file:
        token = connection.bearer_token_file.read_text(encoding="utf-8").strip()
        headers["Authorization"] = f"Bearer {token}"
    elif connection.username and connection.password_file:
        password = connection.password_file.read_text(encoding="utf-8").strip()
        headers["Authorization"] = aiohttp.encode_basic_auth(connection.username, password)
    return headers


def open_session(
    connection: PrometheusConnection, timeout_seconds: float, connections: int
) -> aiohttp.ClientSession:
    """A session that trusts the connection's authority; the caller closes it.

    Args:
        connection: Where Prometheus is.
        timeout_seconds: Of one request.
        connections: Most at once.
    """
    authority = connection.ca_file
    context = ssl.create_default_context(cafile=str(authority)) if authority else True
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=connections, ssl=context, keepalive_timeout=KEEP_ALIVE_SECONDS
        ),
        timeout=aiohttp.ClientTimeout(total=timeout_seconds),
    )


async def ask(
    session: aiohttp.ClientSession,
    connection: PrometheusConnection,
    headers: dict[str, str],
    text: str,
    timeout_seconds: float,
) -> Vector:
    """One instant query at the server's own present, so that clocks need not agree.

    Raises:
        ValueError: Prometheus refused it, or the answer is not what its API promises.
        aiohttp.ClientError: There was no answer.
    """
    # Prometheus gives up as well, instead of working for a reader who has left.
    data = {"query": text, "timeout": f"{timeout_seconds:g}s"}
    return vector_of(*await _post(session, connection, headers, "query", data))


async def ask_range(
    session: aiohttp.ClientSession,
    connection: PrometheusConnection,
    headers: dict[str, str],
    text: str,
    span: Span,
) -> Vector:
    """One range query.

    Returns:
        Series, each with `metric` and `values`.

    Raises:
        ValueError: Prometheus refused it, or the answer is not what its API promises.
        aiohttp.ClientError: There was no answer.
    """
    data = {
        "query": text,
        "start": f"{span.start:.3f}",
        "end": f"{span.end:.3f}",
        "step": f"{span.step:g}",
    }
    result, kind = _result_of(*await _post(session, connection, headers, "query_range", data))
    if kind != "matrix" or not all(isinstance(series, dict) for series in result):
        raise ValueError(f"expected a matrix, got a {kind}")
    return result


async def _post(
    session: aiohttp.ClientSession,
    connection: PrometheusConnection,
    headers: dict[str, str],
    endpoint: str,
    data: dict[str, str],
) -> tuple[Any, int]:
    url = f"{connection.url.rstrip('/')}/api/v1/{endpoint}"
    async with session.post(url, data=data, headers=headers) as response:
        body = await response.read()
    try:
        return orjson.loads(body), response.status
    except ValueError as error:
        raise ValueError(f"HTTP {response.status}, and the answer is not JSON") from error


def vector_of(answer: Any, status: int) -> Vector:
    """The instant vector of an answer of Prometheus' HTTP API.

    Raises:
        ValueError: It is an error, or not what the API promises.
    """
    result, kind = _result_of(answer, status)
    if kind == "scalar":
        return [{"metric": {}, "value": result}]
    if kind != "vector" or not all(isinstance(element, dict) for element in result):
        raise ValueError(f"expected an instant vector, got a {kind}")
    return result


def _result_of(answer: Any, status: int) -> tuple[list[Any], str | None]:
    """The result of an answer, and its type."""
    if not isinstance(answer, dict):
        raise ValueError(
            f"HTTP {status}, and the answer is a JSON {type(answer).__name__} instead of an object;"
            " is this the URL of Prometheus?"
        )
    if answer.get("status") != "success":
        raise ValueError(str(answer.get("error", f"HTTP {status}")))
    data = answer.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("result"), list):
        raise ValueError("the answer has no data.result; is this the URL of Prometheus?")
    return data["result"], data.get("resultType")
