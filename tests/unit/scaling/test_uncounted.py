"""What is in flight where rates say less, or nothing; one line a case."""

from collections import deque
from dataclasses import replace
from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.law import decide
from bytebridge.scaling.needs import Needs
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from bytebridge.scaling.uncounted import (
    Uncounted,
    remember_in_flight,
    with_gauges,
)
from unit.scaling.build import policy, seen, watched

KNOWN = Capacity(slots=2.0, service_seconds=0.06)
RULES = policy(concurrency_per_replica=2, target_utilization=0.95, hold_seconds=30)
CALM: dict[str, Any] = {"queue_depth": 0, "in_flight": 18.0, "latency_p95_seconds": 0.14}


@pytest.mark.parametrize(
    ("past", "readings", "capacity", "beyond"),
    [
        pytest.param([], {"in_flight": 18, "fast": 300}, KNOWN, 0, id="what 300 a second take"),
        pytest.param([], {"in_flight": 30, "fast": 300}, KNOWN, 0, id="three deviations more"),
        pytest.param([], {"in_flight": 32, "fast": 300}, KNOWN, 32, id="more than chance"),
        pytest.param([], {"in_flight": 18, "fast": 0}, KNOWN, 18, id="nothing is counted"),
        pytest.param([], {"in_flight": 18}, KNOWN, 18, id="no rate is known"),
        pytest.param([18, 0], {"in_flight": 0, "fast": 0}, KNOWN, 6, id="their mean"),
        pytest.param([18], {"fast": 0}, KNOWN, 18, id="unknown now"),
        pytest.param([], {"fast": 0}, KNOWN, 0, id="never known"),
        pytest.param([], {"in_flight": 18, "fast": 0}, Capacity(), 0, id="no service time"),
    ],
)
def test_what_the_rates_do_not_account_for(
    past: list[float], readings: dict[str, Any], capacity: Capacity, beyond: float
) -> None:
    memory = Uncounted(deque((5.0 * i, busy) for i, busy in enumerate(past)))
    given = seen(10.0, **{"desired": 20, "service_seconds": None, **readings})
    remember_in_flight(memory, given, capacity, 2.0)
    assert memory.in_flight == beyond


@pytest.mark.parametrize(
    ("readings", "remembered"),
    [
        pytest.param({"in_flight": 5.0}, [4.0, 5.0], id="a reading"),
        pytest.param({}, [4.0], id="none"),
        pytest.param({"in_flight": 5.0, "time": 35.0}, [5.0], id="half a minute later"),
        pytest.param({"in_flight": 5.0, "queue_depth": 20}, [4.0, 5.0], id="any service has that"),
        pytest.param({"in_flight": 5.0, "queue_depth": 21}, [], id="all are busy anyway"),
    ],
)
def test_memory(readings: dict[str, Any], remembered: list[float]) -> None:
    memory = Uncounted(deque([(0.0, 4.0)]), in_flight=4.0)
    remember_in_flight(memory, seen(**{"time": 5.0, "desired": 10, **readings}), KNOWN, 2.0)
    assert [busy for _, busy in memory.recent] == remembered
    assert bool(memory.in_flight) == bool(remembered), "no rate is known"


@pytest.mark.parametrize(
    ("past", "readings", "floors"),
    [
        pytest.param([18, 20], {"in_flight": 40.0}, {"inFlight": 12}, id="the mean, and its root"),
        pytest.param(
            [500], {"in_flight": 500.0, "desired": 300}, {"inFlight": 264}, id="95 % in use"
        ),
        pytest.param(
            [], {"in_flight": 20.0, "queue_depth": 40}, {"inFlight": 34}, id="those that wait too"
        ),
        pytest.param(
            [], {"in_flight": 20.0, "queue_depth": 4000}, {"inFlight": 36}, id="thrice at most"
        ),
        pytest.param([18], {}, {}, id="not known"),
        pytest.param([18], {"in_flight": 18.0, "time": 55.0}, {}, id="rates may still come"),
        pytest.param([], {"cpu_utilization": 0.8}, {"cpu": 11}, id="95 % of the CPU"),
        pytest.param([], {"cpu_utilization": 0.96}, {"cpu": 24}, id="all of it: twice as many"),
        pytest.param([], {"cpu_utilization": 0.96, "time": 55.0}, {}, id="not yet"),
        pytest.param(
            [], {"cpu_utilization": 0.96, "in_flight": 12.0}, {"inFlight": 8}, id="not all is CPU"
        ),
    ],
)
def test_what_gauges_ask_for_where_no_rates_are_told(
    past: list[float], readings: dict[str, Any], floors: dict[str, int]
) -> None:
    memory = Uncounted(deque((60.0, busy) for busy in past), silent_since=0.0)
    given = seen(**{"time": 60.0, "desired": 12, **readings})
    needs, floor = with_gauges(RULES, memory, given, KNOWN, Needs({}, complete=False))
    assert needs.floors == floors
    assert floor == max(floors.values(), default=0)
    assert not needs.complete, "and never a reason to go down"


def test_a_service_of_which_nothing_but_the_cpu_is_known_is_given_replicas() -> None:
    """A start-up takes six ticks; the load of 40 replicas comes after a minute and a half."""
    state, desired, ready, asked = State(), 5, 5, [(-60.0, 5)]
    rules = policy(concurrency_per_replica=None)
    for tick in range(90):
        time, load = 5.0 * tick, 4.0 if tick < 18 else 30.0
        ready = max(count for at, count in asked if time - at >= 30)
        given = seen(
            time,
            desired=desired,
            ready=ready,
            cpu_utilization=min(1.0, load / ready),
            latency_p95_seconds=9.0 if load > ready else 0.1,
            service_seconds=None,
        )
        desired = decide(rules, state, given).replicas
        asked.append((time, desired))
    assert desired == 48, "of 6, 12, 24 replicas all of the CPU was busy, of these 63 %"


@pytest.mark.parametrize(
    ("rate", "in_flight"),
    [
        pytest.param(0.0, 18.0, id="the counter stands still"),
        pytest.param(30.0, 18.0, id="nine of ten series are missing"),
    ],
)
def test_replicas_that_serve_stay_whatever_a_counter_says(rate: float, in_flight: float) -> None:
    state, desired = State(), 13
    for tick in range(60):
        reading = {**CALM, "in_flight": in_flight}
        counted = 300.0 if tick < 24 else rate
        decision = decide(RULES, state, seen(5.0 * tick, fast=counted, desired=desired, **reading))
        desired = decision.replicas
    assert desired == 12, "eighteen slots in use, and what varies"
    assert decision.reason is Reason.SCALE_DOWN_HOLD
    assert "more requests are in flight" in decision.message
    for tick in range(60, 90):
        decision = decide(RULES, state, seen(5.0 * tick, fast=300.0, desired=desired, **CALM))
        assert decision.replicas == desired, "a counter that goes on is no step of the load"


def test_a_counter_that_stands_still_and_goes_on_moves_nothing() -> None:
    """From 120 s to 270 s: windows of 15 s and 60 s hold less and less, and then more again."""
    state, desired = watched(), 13

    def counted(time: float, window: float) -> float:
        lost = max(0.0, min(time, 270.0) - max(time - window, 120.0))
        return 300.0 * (1 - lost / window)

    for tick in range(90):
        time = 5.0 * tick
        fast, slow = counted(time, 15.0), counted(time, 60.0)
        given = seen(time, fast=fast, slow=slow, desired=desired, **CALM)
        decision = decide(RULES, state, given)
        assert decision.replicas == 12 or time < 120
        desired = decision.replicas


def test_a_service_time_that_falls_with_as_much_in_flight_is_doubted_too() -> None:
    state, desired = State(), 13
    for tick in range(60):
        service = 0.06 if tick < 24 else 0.006
        given = seen(5.0 * tick, fast=300.0, desired=desired, service_seconds=service, **CALM)
        desired = decide(RULES, state, given).replicas
    assert desired == 12


def test_a_load_that_ends_is_in_flight_no_more() -> None:
    state, desired = State(), 13
    for tick in range(60):
        rate = 300.0 if tick < 24 else 0.0
        given = {**CALM, "in_flight": rate * 0.06}
        desired = decide(
            RULES, state, seen(5.0 * tick, fast=rate, desired=desired, **given)
        ).replicas
    assert desired == RULES.min_replicas


def _by_gauges(state: State, loads: list[tuple[int, float]], desired: int = 5) -> list[int]:
    """Replicas after so many ticks each of a load in slots; what has no slot waits."""
    found, time = [], 0.0
    for ticks, load in loads:
        for _ in range(ticks):
            served = min(load, 2.0 * desired)
            gauges: dict[str, Any] = {"in_flight": served, "queue_depth": load - served}
            given = seen(time, desired=desired, service_seconds=None, **gauges)
            desired = decide(RULES, state, given).replicas
            time += 5
        found.append(desired)
    return found


def test_where_no_rates_are_told_what_is_in_flight_is_a_reason_to_go_up_only() -> None:
    assert _by_gauges(State(), [(16, 6.0), (24, 60.0), (120, 6.0)]) == [5, 34, 34]


@pytest.mark.parametrize(
    ("rates", "beyond"),
    [
        pytest.param([300, 200], True, id="fallen by a third, and as much is in flight"),
        pytest.param([300, 240], False, id="fallen by less: more than chance is no fault yet"),
        pytest.param([100, 120], False, id="rising: windows come after what is in flight"),
        pytest.param([300, 120, 120], True, id="as long as it lasts"),
        pytest.param([300, 260, 210, 170], True, id="little by little, as windows of a counter do"),
        pytest.param([300, 120, 400, 390], False, id="once it accounts for it again"),
    ],
)
def test_only_rates_that_have_fallen_are_doubted(rates: list[float], beyond: bool) -> None:
    memory = Uncounted()
    for tick, rate in enumerate(rates):
        given = seen(5.0 * tick, fast=rate, desired=40, in_flight=6.0 if rate == 100 else 30.0)
        remember_in_flight(memory, given, KNOWN, 2.0)
    assert bool(memory.in_flight) is beyond


def test_rates_that_are_known_again_count_from_then_on() -> None:
    memory = Uncounted()
    for time, fast in ((0.0, None), (5.0, None), (10.0, 100.0), (15.0, None)):
        remember_in_flight(memory, seen(time, fast=fast, in_flight=6.0), KNOWN, 2.0)
    assert memory.silent_since == 15.0


def test_workers_without_rates_still_go_to_nothing() -> None:
    rules = replace(RULES, min_replicas=0, latency_seconds=None, depth_per_replica=20)
    state, desired = State(), 3
    for tick in range(60):
        given = seen(5.0 * tick, desired=desired, queue_depth=0, in_flight=0, service_seconds=None)
        desired = decide(rules, state, given).replicas
    assert desired == 0
