"""Sends requests when they are due, whatever has come of those before (open loop)."""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import aiohttp

from e2e.workload.load.summary import OK, Outcome

IDLE_SECONDS: Final = 2.0
"""Idle connections are closed after it: sooner than a pod that ends stops serving."""
READY_POLL_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go."""

    url: str
    """Of the service, without a path."""
    timeout_seconds: float = 10.0
    rotate: float = 0.2
    """Share of requests that are the last of their connection.

    A ClusterIP balances connections, not requests: new pods get a share only of new connections.
    """


async def wait_until_ready(target: Target, seconds: float) -> None:
    """Wait until the service says that it is ready.

    Raises:
        TimeoutError: It does not within the time.
    """
    async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{target.url}/readyz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass  # Not there yet; what comes of it is told by the time that is up.
            await asyncio.sleep(READY_POLL_SECONDS)


async def send_all(
    target: Target,
    due: Iterable[float],
    documents: Iterator[str],
    told: Callable[[Outcome], None],
) -> None:
    """Send one document at each moment, and wait for the last answer.

    Args:
        target: Where to.
        due: Seconds from now, in order.
        documents: What to send.
        told: Gets each outcome as it is known.
    """
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS)
    timeout = aiohttp.ClientTimeout(total=target.timeout_seconds)
    begun = time.perf_counter()
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        asyncio.TaskGroup() as tasks,
    ):
        for moment in due:
            await asyncio.sleep(max(0.0, begun + moment - time.perf_counter()))
            request = _send(session, target, next(documents), begun, moment)
            tasks.create_task(request).add_done_callback(lambda task: told(task.result()))


async def _send(
    session: aiohttp.ClientSession, target: Target, document: str, begun: float, due: float
) -> Outcome:
    last = random.random() < target.rotate  # noqa: S311 - a model's draw
    headers = {"Connection": "close"} if last else {}
    pod, cached = None, False
    try:
        async with session.post(
            f"{target.url}/classify", json={"document": document}, headers=headers
        ) as response:
            await response.read()
            pod = response.headers.get("X-Pod")
            cached = response.headers.get("X-Cache") == "hit"
            cause = OK if response.ok else f"http {response.status}"
    except TimeoutError:
        cause = "timeout"
    except aiohttp.ClientError as error:
        cause = type(error).__name__
    return Outcome(due, time.perf_counter() - begun - due, cause, pod, cached)
