"""Replicas that do not help are not added; a service that only got slower is served."""

from collections.abc import Callable
from dataclasses import replace
from math import ceil, inf
from statistics import fmean

import pytest

from bytebridge.scaling.bottleneck import (
    Bottleneck,
    BusyFleet,
    observe,
    take_result,
    useful_replicas,
)
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.law import decide
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from bytebridge.scaling.usefulness import EXPERIMENT, SUSPECTED
from unit.scaling.build import policy, seen, watched

USUAL = 0.06
RULES = policy(concurrency_per_replica=2, max_replicas=1000, hold_seconds=60)


def run(
    service_seconds: Callable[[int, int], float],
    rate: float,
    seconds: int,
    windows: Callable[[list[float]], dict[str, float]] = lambda times: {
        "service_seconds": times[-1]
    },
) -> list[Decision]:
    """Decide every 5 s for a service whose pods start in 30 s and whose queue is a fluid.

    `windows` makes the readings of the service times so far.
    """
    state, desired, queue, times = watched(), 10, 0.0, list[float]()
    ready_at: list[tuple[int, int]] = [(-30, 10)]
    decisions = []
    for time in range(0, seconds, 5):
        arrivals = 200.0 if time < 120 else rate
        ready = max(count for at, count in ready_at if at + 30 <= time)
        ready = min(ready, desired)
        service = service_seconds(time, ready)
        times.append(service)
        queue = max(0.0, queue + 5 * (arrivals - ready * 2 / service))
        decision = decide(
            RULES,
            state,
            seen(
                time,
                fast=arrivals,
                desired=desired,
                ready=ready,
                starting=desired - ready,
                queue_depth=queue,
                **windows(times),
            ),
        )
        if decision.replicas != desired:
            desired = decision.replicas
            ready_at.append((time, desired))
        decisions.append(decision)
    return decisions


def test_behind_a_full_database_it_stops_and_says_so() -> None:
    """Sixteen replicas are all that the database can serve: beyond, each makes all slower."""
    decisions = run(lambda _, ready: USUAL * max(1.0, ready / 16), 600, 900)
    last = decisions[-1]
    assert last.reason is Reason.BOTTLENECK_ELSEWHERE
    assert last.held
    assert "did not raise" in last.held
    surge = next(d.replicas for d in decisions if d.replicas > 10)
    assert max(d.replicas for d in decisions) <= ceil(1.25 * surge)
    unguarded = max(last.floors.values())
    assert last.replicas < unguarded
    assert last.most == last.replicas, "nobody else is to add any either"
    mosts = {d.most for d in decisions if d.held in (EXPERIMENT, SUSPECTED)}
    assert None not in mosts, "nor while it is tried"
    assert decisions[0].most is None
    waits = [d.held for d in decisions if d.held in (EXPERIMENT, SUSPECTED)]
    assert waits, "before it is certain, a decision says what it waits for"


def test_the_fast_window_does_not_ask_a_slow_database_for_more() -> None:
    """It is slower at 200 s, twice as slow at 300 s, and full at 12 replicas."""

    def service(time: int, ready: int) -> float:
        slower = (1.6 if time >= 200 else 1.0) * (2.0 if time >= 300 else 1.0)
        return USUAL * slower * max(1.0, ready / 12)

    def slow(times: list[float]) -> dict[str, float]:
        return {"service_seconds": fmean(times[-12:])}

    def both(times: list[float]) -> dict[str, float]:
        return {**slow(times), "fast_service_seconds": fmean(times[-3:])}

    by_slow, by_both = run(service, 200, 700, slow), run(service, 200, 700, both)
    assert max(d.replicas for d in by_both) <= max(d.replicas for d in by_slow)
    assert by_both[-1].reason is Reason.BOTTLENECK_ELSEWHERE


def test_a_model_that_takes_longer_gets_its_replicas() -> None:
    decisions = run(lambda time, _: USUAL * (2.0 if time >= 300 else 1.0), 600, 900)
    assert all(d.reason is not Reason.BOTTLENECK_ELSEWHERE for d in decisions)
    assert decisions[-1].replicas >= 40


@pytest.mark.parametrize("slower_at", [130, 140, 150, 160, 200])
def test_a_model_that_gets_slower_amid_a_surge_gets_its_replicas(slower_at: int) -> None:
    """It looks like a full database: more replicas came, and no more is served."""
    decisions = run(lambda time, _: USUAL * (2.5 if time >= slower_at else 1.0), 600, 900)
    assert decisions[-1].reason is not Reason.BOTTLENECK_ELSEWHERE
    assert decisions[-1].replicas >= 50
    assert decisions[-1].signals["queueDepth"] == 0


@pytest.mark.parametrize(
    ("refuted_at", "replicas"),
    [
        pytest.param(-inf, 38, id="a quarter more, to see whether they help"),
        pytest.param(90.0, 135, id="it was seen that they do"),
    ],
)
def test_no_experiment_where_replicas_were_seen_to_help(refuted_at: float, replicas: int) -> None:
    """Requests take five times as long as when a third of the replicas stood."""
    state = State()
    state.bottleneck.usual_seconds, state.bottleneck.usual_replicas = USUAL, 10
    state.bottleneck.usual_each = 20.0
    state.ceiling.refuted_at = refuted_at
    present = seen(100, fast=300.0, desired=30, queue_depth=0, service_seconds=5 * USUAL)
    assert decide(RULES, state, present).replicas == replicas


def test_while_it_is_in_question_nobody_adds() -> None:
    state = State()
    state.ceiling.suspected = 1
    asks_for_more = seen(100, fast=900.0, desired=10)
    decision = decide(RULES, state, asks_for_more)
    assert decision.held == SUSPECTED
    assert decision.replicas == decision.most == 10


def test_another_template_starts_anew() -> None:
    state = State()

    def go_on(time: int, template: str) -> float | None:
        decide(RULES, state, replace(seen(time, fast=600.0), template_hash=template))
        return state.ceiling.throughput

    go_on(0, "a")
    state.ceiling.throughput, state.ceiling.best_each = 1000.0, 30.0
    state.bottleneck.usual_seconds = 0.01
    assert go_on(5, "a") == 1000.0
    assert go_on(10, "b") is None
    assert state.bottleneck.usual_seconds != 0.01


def test_it_resumes_when_the_database_has_recovered() -> None:
    decisions = run(
        lambda time, ready: USUAL * max(1.0, ready / (16 if time < 600 else 1000)), 600, 900
    )
    reasons = [d.reason for d in decisions]
    assert Reason.BOTTLENECK_ELSEWHERE in reasons
    assert decisions[-1].most is None
    assert reasons[-1] is not Reason.BOTTLENECK_ELSEWHERE


def test_replicas_are_compared_with_the_last_reading_before_they_came() -> None:
    """Until then the service time is the mean of a minute in which the load was still light."""
    memory, size = Bottleneck(usual_seconds=5.0, usual_replicas=8, usual_each=3.0), FleetSize()
    history = [(10, 6.6), (10, 8.0), (10, 10.0), (10, 12.0), *[(13, 12.0)] * 14]
    for tick, (ready, service) in enumerate(history):
        size.observe(5.0 * tick, ready)
        fleet = BusyFleet(5.0 * tick, 13, size, service, 32.0, 500.0, 36.0, 36.0)
        observe(memory, fleet, needed=40)
        replicas, evidence = useful_replicas(memory, fleet, needed=40, usually_needed=10)
        assert evidence is None, "13 serve a third more than 10 did"
    assert replicas == ceil(1.25 * 13)


def _watch(course: list[tuple[int, float, bool]]) -> list[tuple[int, str | None]]:
    """Two slots a replica, 300 requests a second; each minute so many replicas, a service time, and
    whether it rises. Replicas that help, and the evidence."""
    memory, size, found = Bottleneck(), FleetSize(), []
    size.observe(-100.0, 4)
    for minute, (ready, service, slowing) in enumerate(course):
        time = 60.0 * minute
        size.observe(time, ready)
        for later in (0.0, 59.0, 60.0):
            fleet = BusyFleet(
                time + later, ready, size, service, 2.0, 0.0, 300.0, 300.0, slowing=slowing
            )
            observe(memory, fleet, needed=40)
            answer = useful_replicas(memory, fleet, needed=40, usually_needed=4)
        found.append(answer)
    return found


def test_a_service_time_that_rises_is_no_measure_to_compare_replicas_with() -> None:
    """It rises to 60 ms, whatever the replicas; 25 ms were a mean of both."""
    found = _watch([(4, 0.006, False), (5, 0.025, True), (7, 0.06, False), (9, 0.06, False)])
    assert [evidence for _, evidence in found] == [None] * 4
    assert [replicas for replicas, _ in found] == [40, 7, 9, 18], "twice those that have helped"


@pytest.mark.parametrize(
    ("replicas", "expected"),
    [
        pytest.param(16, 32, id="twice those that serve more"),
        pytest.param(8, 16, id="no more than the experiment began with: twice them"),
        pytest.param(7, 10, id="fewer: nothing is known of those that stand"),
    ],
)
def test_what_is_seen_to_help_need_not_be_waited_for(replicas: int, expected: int) -> None:
    """Eight stand, and the experiment adds a quarter a minute."""
    memory = Bottleneck(usual_seconds=0.006, usual_replicas=4, usual_each=75.0)
    size = FleetSize()
    size.observe(0.0, 8)
    fleet = BusyFleet(5.0, 8, size, 0.06, 2.0, 500.0, 300.0, 300.0)
    assert useful_replicas(memory, fleet, needed=40, usually_needed=4) == (10, None)
    take_result(memory, replicas, 250.0)
    if replicas > 8:
        size.observe(10.0, replicas)
    later = BusyFleet(10.0, max(8, replicas), size, 0.06, 2.0, 500.0, 300.0, 300.0)
    assert useful_replicas(memory, later, needed=40, usually_needed=4) == (expected, None)


def test_where_nothing_is_tried_there_is_no_result() -> None:
    memory = Bottleneck()
    take_result(memory, 16, 250.0)
    assert memory.experiment is None


def test_it_may_rise_during_an_experiment_too() -> None:
    found = _watch([(4, 0.006, False), (5, 0.025, True), (7, 0.05, True), (9, 0.06, False)])
    assert [evidence for _, evidence in found] == [None] * 4


def test_behind_a_full_database_it_is_one_more_experiment() -> None:
    """Five replicas take all that it can; it is slower by as much as there are more."""
    found = _watch([(4, 0.006, False), (5, 0.025, True), (7, 0.042, False), (9, 0.054, False)])
    assert [replicas for replicas, _ in found] == [40, 7, 9, 9]
    assert [bool(evidence) for _, evidence in found] == [False, False, False, True]
