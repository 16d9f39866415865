"""Counters that are answered late; one line a case."""

from dataclasses import replace
from typing import Any

import pytest

from bytebridge.scaling.history import Point
from bytebridge.scaling.late_counts import LateCounts, observe_late_counts
from bytebridge.scaling.law import decide
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen

STEADY = (400.0, 410.0, 395.0, 400.0)


INFERRED = {"seconds": 5 / 1.7, "counted_seconds": 0.0}
"""Of five seconds, with the noise of three."""


def _history(*rates: float, **changes: Any) -> list[Point]:
    """Counts of five seconds, each."""
    values = {"seconds": 5.0, "counted_seconds": 5.0, "backlog": 0.0, **changes}
    return [Point(5.0 * place, rate, 400.0, **values) for place, rate in enumerate(rates)]


@pytest.mark.parametrize(
    ("newest", "changes", "index", "seconds"),
    [
        pytest.param((560, 240), {}, 1.0, 2.0, id="two seconds late"),
        pytest.param((560, 400), {}, 1.0, 0, id="a burst is not taken back"),
        pytest.param((560, 560), {}, 1.0, 0, id="a step stays"),
        pytest.param((560, 100), {}, 1.0, 0, id="more is missing than was too much"),
        pytest.param((430, 370), {}, 1.0, 0, id="by chance"),
        pytest.param((560, 240), {}, 30.0, 0, id="of a bursty load"),
        pytest.param((240, 560), {}, 1.0, 0, id="none is early"),
        pytest.param((560, 240), INFERRED, 1.0, 2.0, id="rates that are inferred"),
        pytest.param((444, 356), {}, 1.0, 0.55, id="a little"),
        pytest.param((444, 356), INFERRED, 1.0, 0, id="inferred, by chance"),
        pytest.param((560, 240), {"backlog": 90.0}, 1.0, 0, id="requests wait"),
        pytest.param((560, 240), {"backlog": None}, 1.0, 2.0, id="no queue is told"),
    ],
)
def test_how_late_a_count_was(
    newest: tuple[float, float], changes: dict[str, Any], index: float, seconds: float
) -> None:
    memory = LateCounts()
    observe_late_counts(memory, _history(*STEADY, *newest, **changes), index)
    assert memory.seconds == pytest.approx(seconds)


@pytest.mark.parametrize("known", [(), (560.0, 240.0), (400.0, 400.0, 400.0, 560.0, 240.0)])
def test_what_is_not_enough_to_tell(known: tuple[float, ...]) -> None:
    memory = LateCounts()
    observe_late_counts(memory, _history(*known), 1.0)
    assert not memory.seconds


def test_the_latest_is_remembered_for_a_day() -> None:
    memory = LateCounts(seconds=3.0, seen_at=0.0)
    history = _history(*STEADY, 560, 240)
    observe_late_counts(memory, history, 1.0)
    assert memory == LateCounts(3.0, seen_at=25.0)
    day = [point._replace(time=point.time + 86_401) for point in history]
    observe_late_counts(memory, day, 1.0)
    assert memory.seconds == pytest.approx(2)


def test_lateness_is_a_dispersion_of_counts() -> None:
    """A deviation of one second, at 400 requests/s: 400 requests in the 2,000 of five seconds."""
    newest, late = _history(400)[-1], LateCounts(2.5, seen_at=0.0)
    assert late.dispersion(1.0, newest) == pytest.approx(1 + 400 * 400 / 2_000)
    assert late.dispersion(8.0, newest) == pytest.approx(8 + 400 * 400 / 2_000)
    assert late.dispersion(8.0, None) == LateCounts().dispersion(8.0, newest) == 8
    assert LateCounts(2.5, seen_at=-86_401.0).dispersion(8.0, newest) == 8
    inferred = _history(400, **INFERRED)[-1]
    assert late.dispersion(0.5, inferred) == pytest.approx(1 + 400 * 400 / 2_000 / 1.7)


def test_a_peak_that_was_taken_back_once_is_no_surge_any_more_and_a_step_is() -> None:
    rules, state = policy(concurrency_per_replica=2, hold_seconds=10), State()
    asked: list[int] = []
    calm: dict[str, Any] = {
        "desired": 14,
        "in_flight": 24,
        "queue_depth": 0,
        "service_seconds": 0.06,
        "latency_p95_seconds": 0.14,
    }
    counts = {300: 560.0, 305: 240.0, 360: 540.0, 365: 260.0, 420: 1_200.0}
    for time in range(0, 425, 5):
        newest = counts.get(time, 400.0)
        given = seen(float(time), fast=400, slow=400, **calm)
        rates = {5.0: newest, 15.0: (newest + 800) / 3, 60.0: (newest + 4_400) / 12}
        given = replace(given, readings=replace(given.readings, requests_per_second=rates))
        decision = decide(rules, state, given)
        if time in counts:
            asked.append(decision.replicas)
    assert asked[0] == 100, "nobody knows yet: twice the load and more was foreseen"
    assert asked[2] <= 20, "sixteen serve the load"
    assert asked[4] == 100
