"""How long messages take, by what is worked off; one readable line a case."""

from typing import Any

import pytest

from bytebridge.scaling.ceiling import Ceiling, observe_moment
from bytebridge.scaling.law import decide
from bytebridge.scaling.state import State
from bytebridge.scaling.throughput import Glance
from bytebridge.scaling.worked_off import WorkedOff, observe_worked_off
from unit.scaling.build import policy, seen

SLOTS = 4.0
WORKER = policy(latency_seconds=None, drain_seconds=300, concurrency_per_replica=4)


def _seconds(looks: list[dict[str, Any]], *, completions: bool = False) -> float | None:
    memory = WorkedOff()
    for place, look in enumerate(looks):
        given = seen(5.0 * place, desired=10, **look)
        observe_worked_off(memory, given, SLOTS)
    found = memory.service_seconds(completions=completions)
    return None if found is None else round(found, 2)


def _looks(number: int, depth: float, change: float, **same: Any) -> list[dict[str, Any]]:
    return [{"queue_depth": depth + change * place, **same} for place in range(number)]


@pytest.mark.parametrize(
    ("looks", "completions", "seconds"),
    [
        pytest.param(_looks(5, 900, -100, fast=0, in_flight=40), False, 2, id="twenty a second"),
        pytest.param(_looks(5, 900, -100, fast=0), False, 2, id="all slots, where nobody tells"),
        pytest.param(_looks(5, 900, -100, fast=0, in_flight=30), False, 1.5, id="fewer in work"),
        pytest.param(_looks(5, 900, 100, fast=40, in_flight=40), False, 2, id="more come"),
        pytest.param(_looks(5, 900, 100, fast=20, in_flight=40), True, 2, id="completions"),
        pytest.param(_looks(5, 900, 100, fast=20, in_flight=40), False, 2,
                     id="no more can pile up than comes: completions"),
        pytest.param(_looks(2, 900, -19, fast=0, in_flight=40), False, None, id="too few are done"),
        pytest.param(_looks(14, 900, -1, fast=0, in_flight=40), False, 200, id="better than none"),
        pytest.param(_looks(5, 9, 0, fast=20, in_flight=40), False, None, id="not one a replica"),
        pytest.param(_looks(5, 900, -100, fast=None, in_flight=40), False, 2, id="no rate"),
    ],
)  # fmt: skip
def test_seconds_of_a_message(
    looks: list[dict[str, Any]], completions: bool, seconds: float | None
) -> None:
    assert _seconds(looks, completions=completions) == seconds


def test_what_has_come_into_use_has_left_the_queue_and_is_not_done() -> None:
    """Of 55 that left it 30 were begun: 25 in 125 s of slots."""
    assert (
        _seconds(
            [
                {"queue_depth": 900, "fast": 0, "in_flight": 10},
                {"queue_depth": 845, "fast": 0, "in_flight": 40},
            ]
        )
        == 5
    )


def test_replicas_that_came_are_left_out_where_nobody_tells_what_is_in_work() -> None:
    memory = WorkedOff()
    for place, (depth, desired) in enumerate(((960, 5), (900, 10), (800, 10), (700, 10))):
        given = seen(5.0 * place, queue_depth=depth, fast=0, desired=desired)
        observe_worked_off(memory, given, SLOTS)
    assert memory.service_seconds(completions=False) == pytest.approx(2.0)


def test_what_was_begun_is_not_done() -> None:
    """Thirty slots come into use at once: what left the queue for them says nothing of S."""
    memory, told = WorkedOff(), []
    for place in range(16):
        before = place < 8
        given = seen(
            5.0 * place,
            fast=0,
            queue_depth=900 - 25 * place - (0 if before else 30),
            in_flight=10 if before else 40,
            desired=10,
        )
        observe_worked_off(memory, given, SLOTS)
        told.append(memory.service_seconds(completions=False))
    assert told[7] == pytest.approx(2.0)
    assert told[8] == pytest.approx(2.0)


def test_a_gap_is_left_out_and_another_backlog_begins_anew() -> None:
    looks = _looks(5, 900, -100, fast=0, in_flight=40)
    assert _seconds([*looks, {"queue_depth": 0, "fast": 0, "in_flight": 40}]) is None
    memory = WorkedOff()
    for time, depth in ((0, 900), (5, 800), (100, 790), (105, 690)):
        given = seen(time, queue_depth=depth, fast=0, in_flight=40, desired=10)
        observe_worked_off(memory, given, SLOTS)
    assert memory.service_seconds(completions=False) == pytest.approx(2.0)


def test_long_messages_are_waited_for_and_not_guessed() -> None:
    """One look at two of a minute that were done says half a minute or five."""
    state, told = State(), []
    for time in range(0, 180, 5):
        depth = 2_000 - time // 15
        given = seen(time, fast=0, queue_depth=depth, in_flight=4, service_seconds=None, desired=1)
        decide(WORKER, state, given)
        told.append(state.capacity.service_seconds)
    assert told[:12] == [None] * 12
    assert told[-1] == pytest.approx(60, rel=0.25)


def _thirty_came(service_seconds: float) -> Ceiling:
    """After half a minute with one, and no more is served."""
    memory = Ceiling()
    for time in range(0, 60, 5):
        ready = 1 if time < 30 else 30
        glance = Glance(float(time), ready, 1_000.0, 4.0, newest=4.0)
        observe_moment(memory, glance, 4.0, 15.0, service_seconds)
    return memory


def test_replicas_may_have_come_right_after_the_look_before() -> None:
    soon = _thirty_came(0.0).since
    assert _thirty_came(9.0).since == soon > 0
    assert _thirty_came(11.0).since == soon + 5


def test_replicas_that_have_not_stood_for_a_service_time_are_no_ceiling() -> None:
    assert _thirty_came(1.0).throughput == 4.0
    assert _thirty_came(60.0).throughput is None
