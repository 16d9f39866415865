"""Scrapes further apart than decisions: the same reading is not taken in twice."""

from dataclasses import replace
from typing import Any

import pytest

from bytebridge.scaling.decision import Decision
from bytebridge.scaling.demand import estimate_demand
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.scaling.repetition import Reading, repeated_demand
from bytebridge.scaling.state import State
from unit.scaling.build import POLICY, policy, seen, watched

RATES = {15.0: 100.0, 45.0: 98.0, 180.0: 70.0}
BEFORE = Readings(requests_per_second=RATES, queue_depth=3.0, in_flight=9.0)


def _last() -> Reading:
    demand = estimate_demand(BEFORE, 100.0, None, 1.0)
    assert demand is not None
    return Reading(100.0, BEFORE, demand)


@pytest.mark.parametrize(
    ("changes", "time", "age"),
    [
        pytest.param({}, 105, 5, id="the same"),
        pytest.param({}, 140, 40, id="for as long as the fast window"),
        pytest.param({}, 145, None, id="a load that is so steady"),
        pytest.param({}, 100, None, id="the same moment"),
        pytest.param({}, 95, None, id="a clock set back"),
        pytest.param({"rates": {15.0: 100.0 + 1e-9}}, 105, 5, id="but for rounding"),
        pytest.param({"rates": {15.0: 100.1}}, 105, None, id="another newest rate"),
        pytest.param({"rates": {45.0: 99.0, 180.0: 75.0}}, 105, 5, id="windows that fill"),
        pytest.param({"queue_depth": 4.0}, 105, None, id="another queue"),
        pytest.param({"in_flight": 8.0}, 105, None, id="others in flight"),
        pytest.param({"queue_depth": None}, 105, None, id="a gauge that has gone"),
        pytest.param({"latency_mean_seconds": 0.2}, 105, 5, id="the rest of a minute's means"),
    ],
)
def test_what_is_repeated(changes: dict[str, Any], time: float, age: float | None) -> None:
    rates = RATES | changes.pop("rates", {})
    readings = replace(BEFORE, requests_per_second=rates, **changes)
    demand = repeated_demand(_last(), Observation(time, readings, Replicas(5, 5)))
    assert (demand and demand.age_seconds) == age


def test_a_service_without_requests_is_read_anew() -> None:
    silent = replace(BEFORE, requests_per_second=dict.fromkeys(RATES, 0.0))
    last = _last()._replace(readings=silent)
    assert repeated_demand(last, Observation(105, silent, Replicas(5, 5))) is None


@pytest.mark.parametrize("interval", [15, 30])
def test_a_ramp_is_seen_through_scrapes_that_are_rarer_than_ticks(interval: int) -> None:
    """Five requests a second more each second: what is foreseen goes on between two scrapes."""
    state, asked = State(), dict[int, Decision]()
    for time in range(0, 600, 5):
        scraped = time // interval * interval
        asked[time] = decide(POLICY, state, _ramp(time, scraped, interval))
    rates = [asked[time].signals["demandPerSecond"] for time in range(480, 600, interval)]
    assert rates == [
        pytest.approx(_rate(time) - 2.5 * interval) for time in range(480, 600, interval)
    ]
    needed = {time: _rate(time + 35) * 0.06 / 4 / 0.75 for time in range(540, 600, 5)}
    for time, replicas in needed.items():
        assert replicas <= asked[time].floors["forecast"] <= replicas + 2, time


def _rate(time: float) -> float:
    return 100 + 5 * max(0.0, time - 400)


def _ramp(time: float, scraped: float, interval: float) -> Observation:
    """As the operator asks for it: between the last two scrapes, over three of them and twelve."""

    def counted(windows: int) -> float:
        middles = [scraped - (i + 0.5) * interval for i in range(windows)]
        return sum(_rate(middle) for middle in middles) / windows

    rates = {interval: counted(1), 3 * interval: counted(3), 12 * interval: counted(12)}
    readings = Readings(requests_per_second=rates, queue_depth=0.0, service_seconds=0.06)
    return Observation(time, readings, Replicas(40, 40))


def test_slots_are_learned_once_a_reading() -> None:
    """Otherwise one scrape amid a moment of few busy slots would weigh as three."""
    rules, state = policy(concurrency_per_replica=None), State()
    decide(rules, state, seen(0, fast=100, queue_depth=50, in_flight=20, desired=5))
    learned = []
    for time in (5, 10):
        decide(rules, state, seen(time, fast=90, queue_depth=60, in_flight=10, desired=5))
        learned.append(state.capacity.slots)
    assert learned == [pytest.approx(4 - 0.3 * 2)] * 2


def test_a_backlog_is_gone_when_it_was_seen_to_be() -> None:
    """Sixty replicas work off nine thousand in three seconds; the next scrape is 15 s later."""
    rules, state, asked = policy(hold_seconds=5), watched(), []
    for time in (0, 5, 10, 15, 20):
        waiting = 9_000 if time < 15 else 0
        line = seen(time, fast=1_000 + time // 15, queue_depth=waiting, desired=60)
        asked.append(decide(rules, state, line).replicas)
    assert asked[:3] == [60] * 3
    assert asked[-1] < 60


def test_throughput_is_seen_once_a_reading() -> None:
    """Otherwise a queue would seem to stand still between two scrapes."""
    state = State()
    for time in (0, 5, 10):
        decide(POLICY, state, seen(time, fast=100, queue_depth=50, in_flight=20, desired=5))
    assert [glance.time for glance in state.ceiling.glances.recent] == [0]


def test_another_pod_template_is_read_anew() -> None:
    state = State()
    line = replace(seen(0, fast=100, queue_depth=0, in_flight=6), template_hash="one")
    decide(POLICY, state, line)
    decide(POLICY, state, replace(line, time=5, template_hash="two"))
    assert state.capacity.template_hash == "two"


def test_series_that_end_right_after_a_repeated_reading_are_missed_for_as_long() -> None:
    """The slow window decays for a minute from when the fast one was last seen, not first."""
    state = State()
    for time in (0, 5, 10):
        decide(POLICY, state, seen(time, fast=1000, slow=900, queue_depth=0, desired=20))
    assert state.sample is not None
    assert state.sample.time == 0
    assert state.sample.fast == (15.0, 10)
