"""The inference service over HTTP: answers, queue, metrics, and its end."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bytebridge.api.metrics import Preset
from bytebridge.lab.ports import free_ports
from bytebridge.signals.presets import PRESETS, Histogram
from e2e.workload.service.policies import PoliciesUnknownError
from e2e.workload.service.settings import read_settings
from e2e.workload.service.slots import QueueFullError, Slots
from unit.e2e.service_at_work import AtWork, service_at_work, trained_model

DOCUMENT = {"document": "1. Rent is due monthly.\n2. Notice must be given."}


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.01)


async def post(session: aiohttp.ClientSession, at: AtWork, body: Any = None) -> tuple[int, Any]:
    async with session.post(f"{at.url}/classify", json=body or DOCUMENT) as response:
        return response.status, await response.json()


async def test_clauses_are_answered_with_their_types() -> None:
    async with service_at_work() as at, aiohttp.ClientSession() as session:
        status, answer = await post(session, at)
    assert status == 200
    assert [clause["text"] for clause in answer["clauses"]] == [
        "Rent is due monthly.",
        "Notice must be given.",
    ]
    assert answer["types"] == {"payment": 2}


@pytest.mark.parametrize("body", [["x"], {"text": "x"}, {"document": 3}])
async def test_another_body_is_refused(body: Any) -> None:
    async with service_at_work() as at, aiohttp.ClientSession() as session:
        status, answer = await post(session, at, body)
    assert status == 400
    assert 'expected {"document"' in answer["error"]


async def test_what_is_beyond_the_queue_is_refused() -> None:
    async with service_at_work(slots=1, queue_limit=2) as at, aiohttp.ClientSession() as session:
        at.model.gate.clear()
        taken = [asyncio.create_task(post(session, at)) for _ in range(3)]
        await until(lambda: (at.slots.running, at.slots.waiting) == (1, 2))
        assert at.value("nlp_queue_depth") == 2
        assert at.value("nlp_requests_running") == 1
        assert at.value("http_requests_inprogress") == 3
        assert (await post(session, at))[0] == 503
        at.model.gate.set()
        assert [status for status, _ in await asyncio.gather(*taken)] == [200, 200, 200]
        labels = {"handler": "/classify", "method": "POST"}
        assert at.value("http_requests_total", status="2xx", **labels) == 3
        assert at.value("http_requests_total", status="5xx", **labels) == 1
        assert at.value("nlp_queue_depth") == 0


async def test_slots_go_to_the_first_who_came() -> None:
    slots, order = Slots(1, 10), []

    async def work(number: int) -> None:
        async with slots.hold():
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(number) for number in range(6)))
    assert order == list(range(6))


async def test_a_client_that_goes_while_it_waits_leaves_the_queue() -> None:
    slots = Slots(1, 1)
    async with slots.hold():
        waiter = asyncio.create_task(_take(slots))
        await until(lambda: slots.waiting == 1)
        with pytest.raises(QueueFullError):
            await _take(slots)
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
        assert slots.waiting == 0
    await _take(slots)


async def _take(slots: Slots) -> None:
    async with slots.hold():
        pass


async def test_metrics_have_the_names_of_the_preset() -> None:
    async with service_at_work() as at, aiohttp.ClientSession() as session:
        await post(session, at)
        async with session.get(f"{at.url}/metrics") as response:
            text = await response.text()
            assert response.headers["Content-Type"].startswith("text/plain; version=")
    names = PRESETS[Preset.FASTAPI]
    assert isinstance(names.latency, Histogram)
    for name in (*names.requests, *names.in_flight, f"{names.latency.names[0]}_bucket"):
        assert f"\n{name}" in text
    assert "http_request_duration_highr_seconds_count 1.0" in text
    assert "nlp_service_seconds_count 1.0" in text


class _Remembering:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, document: str) -> bytes | None:
        return self.kept.get(document)

    async def put(self, document: str, answer: bytes) -> None:
        self.kept[document] = answer


async def test_a_cached_answer_takes_no_slot() -> None:
    async with (
        service_at_work(cache=_Remembering()) as at,
        aiohttp.ClientSession() as session,
    ):
        _, first = await post(session, at)
        at.model.gate.clear()  # an inference would wait for ever
        async with session.post(f"{at.url}/classify", json=DOCUMENT) as response:
            assert response.headers["X-Cache"] == "hit"
            assert await response.json() == first


class _Silent:
    async def look_up(self, types: Iterable[str]) -> dict[str, str]:  # noqa: ARG002
        raise PoliciesUnknownError


async def test_a_database_that_does_not_answer_is_said_to_the_client() -> None:
    async with service_at_work(policies=_Silent()) as at, aiohttp.ClientSession() as session:
        status, answer = await post(session, at)
    assert (status, answer) == (503, {"error": "the database does not answer: try again later"})


async def test_while_draining_it_serves_but_lets_connections_go() -> None:
    async with service_at_work() as at, aiohttp.ClientSession() as session:
        async with session.get(f"{at.url}/readyz") as response:
            assert (response.status, response.headers.get("Connection")) == (200, None)
        at.lifecycle.draining = True
        async with session.get(f"{at.url}/readyz") as response:
            assert (response.status, response.headers.get("Connection")) == (503, "close")
        assert (await post(session, at))[0] == 200


async def test_the_process_finishes_what_it_has_and_ends(tmp_path: Path) -> None:
    port = next(free_ports())
    environment = {
        **os.environ,
        "MODEL": str(trained_model(tmp_path)),
        "PORT": str(port),
        "DRAIN_SECONDS": "0.3",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "e2e.workload.service",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert b"serving" in await process.stdout.readline()
    # So much that it is still at it when the signal comes.
    document = {"document": "\n".join(f"{row}. Rent is due monthly." for row in range(6_000))}
    async with aiohttp.ClientSession() as session:
        sent = asyncio.create_task(
            _answer(session, f"http://127.0.0.1:{port}/classify", json.dumps(document))
        )
        await until(lambda: not sent.done())
        await _in_progress(session, f"http://127.0.0.1:{port}/metrics")
        process.send_signal(signal.SIGTERM)
        assert await sent == 6_000
    assert await process.wait() == 0


async def _answer(session: aiohttp.ClientSession, url: str, body: str) -> int:
    async with session.post(url, data=body) as response:
        return len((await response.json())["clauses"])


async def _in_progress(session: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(10):
        while True:
            async with session.get(url) as response:
                if "\nnlp_requests_running 1.0" in await response.text():
                    return


def test_settings_are_those_of_the_operator() -> None:
    settings = read_settings(
        {
            "MODEL": "m",
            "REDIS_URL": "redis://r",
            "DATABASE_URL": "postgresql://p",
            "DB_POOL_SIZE": "3",
        }
    )
    assert (settings.redis_url, settings.database_url) == ("redis://r", "postgresql://p")
    assert settings.pool_size == 3


def test_settings_without_a_model_are_refused() -> None:
    with pytest.raises(ValueError, match="MODEL: expected the path"):
        read_settings({})
