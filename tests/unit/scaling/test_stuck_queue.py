"""Messages that nobody takes; one readable line a case."""

from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.law import decide
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from bytebridge.scaling.stuck_queue import StuckQueue, without_stuck_messages
from unit.scaling.build import policy, seen

WORKER = policy(latency_seconds=None, drain_seconds=300, concurrency_per_replica=4)
WAITING: dict[str, Any] = {
    "fast": 20.0,
    "queue_depth": 5_000.0,
    "service_seconds": 1.0,
    "in_flight": 20.0,
    "desired": 10,
}
"""Forty slots, of which twenty are in use."""


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        pytest.param({}, 0, id="slots are idle and nobody takes them"),
        pytest.param({"queue_depth": 0.0}, 0, id="nothing waits"),
        pytest.param({"in_flight": 31.0}, 5_000, id="more are in use since replicas came"),
        pytest.param({"in_flight": None}, 0, id="by rate and service time"),
        pytest.param({"in_flight": None, "fast": 33.0}, 5_000, id="the same, most in use"),
        pytest.param({"in_flight": None, "fast": None}, 5_000, id="nobody knows how many"),
        pytest.param({"in_flight": None, "service_seconds": None}, 5_000, id="nor this"),
        pytest.param({"desired": 5}, 5_000, id="no replica came"),
        pytest.param({"desired": 0}, 5_000, id="no worker is there"),
        pytest.param({"queue_depth": None}, None, id="depth unknown"),
    ],
)
def test_what_is_left_to_take(changes: dict[str, Any], left: float | None) -> None:
    """Five replicas, all of whose slots are in use, and then ten."""
    assert _left({**WAITING, "desired": 5}, {**WAITING, **changes}) == left


@pytest.mark.parametrize(
    ("in_flight", "slots", "left"),
    [
        pytest.param(20.0, 4, 0, id="as many as before"),
        pytest.param(29.0, 4, 0, id="a few more"),
        pytest.param(31.0, 8, 5_000, id="eight slots each are said to be, and four are"),
        pytest.param(33.0, 4, 5_000, id="most: who waits may be next"),
    ],
)
def test_slots_in_use_beside_those_that_came(in_flight: float, slots: float, left: float) -> None:
    assert _left({**WAITING, "desired": 5}, {**WAITING, "in_flight": in_flight}, slots) == left


def test_slots_that_are_nearly_all_in_use_are_not_idle_however_few_more_they_are() -> None:
    before = {**WAITING, "desired": 9, "in_flight": 36.0}
    assert _left(before, {**WAITING, "in_flight": 37.0}) == 5_000
    assert _left({**before, "in_flight": 31.0}, {**WAITING, "in_flight": 31.0}) == 0


def _left(before: dict[str, Any], after: dict[str, Any], slots: float = 4.0) -> float | None:
    memory = StuckQueue()
    for time in range(0, 110, 5):
        given = seen(time, **(before if time < 30 else after))
        found = without_stuck_messages(WORKER, memory, given, slots, Capacity())
    return found.readings.queue_depth


@pytest.mark.parametrize(
    ("depth", "left"),
    [
        pytest.param(lambda time: 5_000 - 10 * time, 3_950, id="it falls: somebody takes them"),
        pytest.param(lambda time: 5_000 + 10 * time, 1_050, id="more come"),
        pytest.param(lambda time: 5_000 + time % 3, 0, id="it flickers"),
    ],
)
def test_depths_that_change(depth: Any, left: float) -> None:
    memory = StuckQueue()
    for time in range(0, 110, 5):
        desired = 5 if time < 30 else 10
        given = seen(time, **{**WAITING, "queue_depth": float(depth(time)), "desired": desired})
        found = without_stuck_messages(WORKER, memory, given, 4.0, Capacity())
    assert found.readings.queue_depth == left


@pytest.mark.parametrize(
    ("few", "left"),
    [
        pytest.param(0.0, 0, id="none waited when they came"),
        pytest.param(2.0, 0, id="two waited: they are not all that nobody takes"),
        pytest.param(3_000.0, 2_000, id="most waited: of the others nobody knows"),
    ],
)
def test_those_that_come_beside_others_that_wait(few: float, left: float) -> None:
    memory = StuckQueue()
    for time in range(0, 160, 5):
        depth = few if time < 30 else 5_000.0
        given = seen(time, **{**WAITING, "queue_depth": depth, "desired": 5 if time < 60 else 10})
        found = without_stuck_messages(WORKER, memory, given, 4.0, Capacity())
    assert found.readings.queue_depth == left


@pytest.mark.parametrize("first", [2.0, 5_000.0])
def test_of_those_that_nobody_takes_more_may_come(first: float) -> None:
    """Two were found before: that says nothing of five thousand."""
    memory = StuckQueue(time=0.0, depth=2.0, first=first, ready=5, stuck=2.0)
    depths = []
    for time in range(5, 160, 5):
        given = seen(time, **{**WAITING, "desired": 5 if time < 60 else 10})
        found = without_stuck_messages(WORKER, memory, given, 4.0, Capacity())
        depths.append(found.readings.queue_depth)
    assert depths[0] == 5_000
    assert depths[-1] == 0


def test_it_takes_most_of_a_window_with_more_replicas() -> None:
    memory, told = StuckQueue(), []
    for time in range(0, 200, 5):
        desired = 5 if time < 30 else 8 if time < 60 else 5 if time < 80 else 10
        given = seen(time, **{**WAITING, "desired": desired})
        without_stuck_messages(WORKER, memory, given, 4.0, Capacity())
        told.append((time, memory.stuck))
    assert next(time for time, stuck in told if stuck) == 80 + 10, "thirty seconds before"


def test_once_they_are_taken_they_are_a_backlog() -> None:
    memory = StuckQueue()

    def left(time: int, depth: float) -> float | None:
        desired = 5 if time < 30 else 10
        given = seen(time, **{**WAITING, "queue_depth": depth, "desired": desired})
        found = without_stuck_messages(WORKER, memory, given, 4.0, Capacity())
        return found.readings.queue_depth

    assert [left(time, 5_000) for time in range(0, 110, 5)][-1] == 0
    assert memory.words is not None
    assert left(110, 4_600) == 0, "a few less"
    assert left(115, 4_100) == 4_100
    assert memory.words is None


def test_a_latency_objective_alone_is_not_of_a_queue() -> None:
    memory = StuckQueue()
    for time in range(0, 100, 5):
        found = without_stuck_messages(policy(), memory, seen(time, **WAITING), 4.0, Capacity())
    assert found.readings.queue_depth == 5_000


def test_a_decision_goes_back_to_the_load_and_says_what_to_look_at() -> None:
    """It asked for ten more at once, and kept them for ever: the backlog was being worked off."""
    state, desired, course = State(), 10, []
    for time in range(0, 1_200, 5):
        given = {**WAITING, "queue_depth": 0.0 if time < 100 else 5_000.0, "desired": desired}
        decision = decide(WORKER, state, seen(time, **given))
        desired = decision.replicas
        course.append(desired)
    assert max(course) > 10
    assert desired <= 8
    assert decision.reason is Reason.BOTTLENECK_ELSEWHERE
    assert "5000 messages wait that nobody takes" in decision.message
