"""Where Prometheus is, how the operator proves who it is, and one question."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from bytebridge.signals.dealing import Vector


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
    url = f"{connection.url.rstrip('/')}/api/v1/query"
    # Prometheus gives up as well, instead of working for a reader who has left.
    data = {"query": text, "timeout": f"{timeout_seconds:g}s"}
    async with session.post(url, data=data, headers=headers) as response:
        body = await response.read()
    try:
        answer: Any = orjson.loads(body)
    except ValueError as error:
        raise ValueError(f"HTTP {response.status}, and the answer is not JSON") from error
    return vector_of(answer, response.status)


def vector_of(answer: Any, status: int) -> Vector:
    """The instant vector of an answer of Prometheus' HTTP API.

    Raises:
        ValueError: It is an error, or not what the API promises.
    """
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
    kind = data.get("resultType")
    if kind == "scalar":
        return [{"metric": {}, "value": data["result"]}]
    result: Vector = data["result"]
    if kind != "vector" or not all(isinstance(element, dict) for element in result):
        raise ValueError(f"expected an instant vector, got a {kind}")
    return result
