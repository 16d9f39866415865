"""What outlives an operator's process."""

from dataclasses import replace

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.law import decide
from bytebridge.scaling.learned import Learned, learned_of, moved, recalled_state, remembered
from bytebridge.scaling.slowdown import Slowdown
from unit.scaling.build import policy, seen

SLOWER = Learned("a", idle_service_seconds=4.0, slowdown_per_request=0.25)


@pytest.mark.parametrize(
    ("capacity", "startup", "slots_given", "learned"),
    [
        (Capacity(), None, False, None),
        (Capacity(4.0), None, False, None),
        (Capacity(4.0, template_hash="a"), None, False, Learned("a", 4.0)),
        (Capacity(4.0, template_hash="a"), 12.0, False, Learned("a", 4.0, 12.0)),
        (Capacity(4.0, template_hash="a"), 12.0, True, Learned("a", None, 12.0)),
        (Capacity(4.0, template_hash="a"), None, True, None),
        (Capacity(4.0, template_hash="a", assumed=True), None, False, Learned("a", 4.0)),
    ],
)
def test_what_is_worth_keeping(
    capacity: Capacity, startup: float | None, slots_given: bool, learned: Learned | None
) -> None:
    assert learned_of(capacity, Slowdown(), startup, slots_given=slots_given) == learned


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, None, None),
        (None, Learned("a", 4.0), Learned("a", 4.0)),
        (Learned("a", 4.0), None, Learned("a", 4.0)),
        (Learned("a", 4.0, 10.0), Learned("a", 4.3, 10.9), Learned("a", 4.3, 10.9)),
        (Learned("a", 4.0, 10.0), Learned("a", 3.5, None), Learned("a", 3.5, 10.0)),
        (Learned("a", 4.0, 10.0), Learned("a", None, 9.0), Learned("a", 4.0, 9.0)),
        (Learned("a", 4.0, 10.0), Learned("b", 1.0), Learned("b", 1.0)),
        (Learned("a", 4.0, None, 0.5), Learned("a", 4.0), Learned("a", 4.0)),
        (SLOWER, Learned("a", 4.0), Learned("a", 4.0)),
    ],
)
def test_what_is_unknown_now_stays(
    before: Learned | None, now: Learned | None, expected: Learned | None
) -> None:
    assert remembered(before, now) == expected


@pytest.mark.parametrize(
    ("told", "now", "worth_a_write"),
    [
        (None, None, False),
        (None, Learned("a", 4.0), True),
        (Learned("a", 4.0, 10.0), Learned("a", 4.3, 10.9), False),
        (Learned("a", 4.0, 10.0), Learned("a", 4.5, 10.9), True),
        (Learned("a", 4.0, 10.0), Learned("a", 4.0, 8.9), True),
        (Learned("a", 4.0, None), Learned("a", 4.0, 10.0), True),
        (Learned("a", 4.0), Learned("b", 4.0), True),
        (Learned("a", 4.0, None, 0.5), Learned("a", 4.0, None, 0.52), False),
        (Learned("a", 4.0, None, 0.5), Learned("a", 4.0, None, 0.6), True),
        (Learned("a", 4.0, None, 0.5), Learned("a", 4.0), True),
        (Learned("a"), SLOWER, True),
        (SLOWER, Learned("a"), True),
        (SLOWER, replace(SLOWER, idle_service_seconds=4.9, slowdown_per_request=0.27), False),
        (SLOWER, replace(SLOWER, idle_service_seconds=5.1), True),
        (SLOWER, replace(SLOWER, slowdown_per_request=0.28), True),
    ],
)
def test_small_moves_are_no_reason_to_write(
    told: Learned | None, now: Learned | None, worth_a_write: bool
) -> None:
    assert moved(told, now) is worth_a_write


def test_it_goes_on_where_it_was() -> None:
    capacity = Capacity(4.0, 0.06, template_hash="a")
    learned = learned_of(capacity, Slowdown(), None, slots_given=False)
    assert learned is not None
    assert recalled_state(learned).capacity == Capacity(4.0, template_hash="a")


def test_a_limit_of_the_utilization_goes_on_as_well() -> None:
    capacity = Capacity(4.0, template_hash="a", sustained=0.56)
    learned = learned_of(capacity, Slowdown(), None, slots_given=True)
    assert learned == Learned("a", None, None, 0.56)
    state = recalled_state(learned)
    assert state.sustained.limit == state.capacity.sustained == 0.56


def test_how_much_slower_replicas_get_goes_on_as_well() -> None:
    """Another operator takes 36 replicas for 7 otherwise: nobody waits, and requests are quick."""
    slower = Slowdown(idle_seconds=4.0, per_request=0.25)
    learned = learned_of(Capacity(32.0, template_hash="a"), slower, None, slots_given=True)
    assert learned == SLOWER
    state = recalled_state(learned)
    assert (state.slowdown.idle_seconds, state.slowdown.per_request) == (4.0, 0.25)
    rules = policy(latency_seconds=20.0, concurrency_per_replica=32, target_utilization=0.9)
    given = seen(0.0, fast=40, desired=22, in_flight=320, queue_depth=0, service_seconds=8)
    decision = decide(rules, state, replace(given, template_hash="a"))
    assert decision.floors["utilization"] == 21
