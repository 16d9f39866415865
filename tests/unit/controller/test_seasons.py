"""Whose past is read, and what becomes of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bytebridge.controller import seasons
from bytebridge.controller.seasons import pending_queries, recall, recall_seasons
from bytebridge.controller.store import Store
from bytebridge.scaling.seasonal import recalled_seasons
from bytebridge.signals import past
from bytebridge.signals.connection import PrometheusConnection, Span
from bytebridge.signals.dealing import Vector
from bytebridge.signals.past import HistoryError, Past
from unit.controller.build import KEY, TICK_SECONDS, service_body

DAY = 86_400.0
PROMETHEUS_IS_AHEAD = 1_700_000_000.0
OFFICE_HOURS = range(9, 17)
BEFORE_CACHE = {"mode": "Sidecar", "countedBeforeCache": True, "exporter": {"image": "e"}}


def store_of(**spec: Any) -> Store:
    body = service_body()
    body["spec"] |= spec
    store = Store(TICK_SECONDS)
    store.put_service(body)
    return store


def office(time: float) -> int:
    return 100 if time % DAY / 3_600 // 1 in OFFICE_HOURS else 10


async def tell_the_time(*_: Any) -> Vector:
    return [{"metric": {}, "value": [0, str(PROMETHEUS_IS_AHEAD + 20 * DAY)]}]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Span]:
    """A Prometheus that has recorded office hours on the operator's clock, for five days."""
    asked: list[Span] = []

    async def ask_range(*arguments: Any) -> Vector:
        span: Span = arguments[-1]
        asked.append(span)
        ends = [span.start + n * span.step for n in range(span.points)]
        clock = [(end, end - PROMETHEUS_IS_AHEAD) for end in ends]
        values = [[end, str(office(time - 1))] for end, time in clock if time > 15 * DAY]
        return [{"metric": {}, "values": values}]

    monkeypatch.setattr(past, "ask_range", ask_range)
    monkeypatch.setattr(past, "ask", tell_the_time)
    return asked


def source() -> Past:
    return Past(PrometheusConnection("http://127.0.0.1:9"), 1)


async def test_a_new_operator_knows_the_season(recorded: list[Span]) -> None:
    store = store_of()
    async with source() as prometheus:
        await recall(store, prometheus, pending_queries(store), lambda: True, lambda: 20 * DAY)
    (entry,) = store.services.values()
    assert entry.state.seasons.trusted is not None
    assert entry.state.seasons.trusted.length == 288
    assert entry.state.seasons.before in {10.0, 100.0}, "intervals are those of the clock"
    assert pending_queries(store) == {}, "it is read once"
    assert len(recorded) == 1


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        pytest.param(
            {"metrics": {"preset": "celery", "queueName": "jobs"},
             "scaling": {"maxReplicas": 9, "objective": {"queue": {"depthPerReplica": 5}}}},
            "nobody waits for an answer", id="workers",
        ),
        pytest.param(
            {"metrics": {"preset": "custom", "queries": {"queueDepth": "x"}}},
            "no rate", id="no rate is exported",
        ),
        pytest.param({"cache": {"redis": BEFORE_CACHE}}, "hits", id="hits of a cache are counted"),
        pytest.param({"scaling": {"maxReplicas": "many"}}, "unreadable", id="cannot be understood"),
    ],
)  # fmt: skip
def test_whose_past_is_not_asked_for(spec: dict[str, Any], why: str) -> None:
    assert pending_queries(store_of(**spec)) == {}, why


async def test_what_prometheus_refuses_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, recorded: list[Span]
) -> None:
    async def ask_range(*_: Any) -> Vector:
        raise ValueError("parse error")

    monkeypatch.setattr(past, "ask_range", ask_range)
    store = store_of()
    async with source() as prometheus:
        await recall(store, prometheus, pending_queries(store), lambda: True, lambda: 20 * DAY)
    assert pending_queries(store) == {}
    assert store.services[KEY].state.seasons.trusted is None
    assert recorded == []


async def until(seen: Callable[[], bool]) -> None:
    for _ in range(5_000):
        if seen():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("not seen in time")


async def test_only_who_leads_asks_and_goes_on_after_an_outage(
    monkeypatch: pytest.MonkeyPatch, recorded: list[Span]
) -> None:
    monkeypatch.setattr(seasons, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(seasons, "RETRY_SECONDS", 0.001)
    looks, leads, failures = 0, False, 0

    async def gone(*_: Any) -> Vector:
        nonlocal failures
        failures += 1
        raise TimeoutError

    def leading() -> bool:
        nonlocal looks
        looks += 1
        return leads

    monkeypatch.setattr(past, "ask", gone)
    store = store_of()
    async with source() as prometheus:
        task = asyncio.create_task(recall_seasons(store, prometheus, leading, lambda: 20 * DAY))
        await until(lambda: looks > 3)
        assert not failures
        leads = True
        await until(lambda: failures > 1)
        monkeypatch.setattr(past, "ask", tell_the_time)
        await until(lambda: store.services[KEY].past_read)
        task.cancel()
    assert store.services[KEY].state.seasons.trusted is not None
    assert len(recorded) == 1


async def test_nobody_answers() -> None:
    store = store_of()
    async with source() as prometheus:
        with pytest.raises(HistoryError):
            await recall(store, prometheus, pending_queries(store), lambda: True, lambda: 0.0)
    assert not store.services[KEY].past_read


async def test_who_leads_no_more_asks_no_more(recorded: list[Span]) -> None:
    store = store_of()
    async with source() as prometheus:
        await recall(store, prometheus, pending_queries(store), lambda: False, lambda: 20 * DAY)
    assert recorded == []
    assert not store.services[KEY].past_read


async def test_an_operator_that_has_seen_more_keeps_it(recorded: list[Span]) -> None:
    store = store_of()
    own = recalled_seasons(((day * DAY, 1.0) for day in range(20)), DAY)
    store.services[KEY].state.seasons = own
    async with source() as prometheus:
        await recall(store, prometheus, pending_queries(store), lambda: True, lambda: 20 * DAY)
    assert len(recorded) == 1
    assert store.services[KEY].state.seasons is own
