"""Start-up times from replicas that were asked for and became Ready."""

from collections import deque
from dataclasses import replace

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.demand import estimate_demand
from bytebridge.scaling.law import decide
from bytebridge.scaling.needs import Startup, compute_needs
from bytebridge.scaling.startup import Asked, StartupTimes, observe_replicas, until_ready
from unit.scaling.build import policy, seen, watched


@pytest.mark.parametrize(
    ("course", "p90", "under_way"),
    [
        pytest.param([(0, 2, 2)], None, None, id="nothing was asked for"),
        pytest.param([(0, 2, 2), (5, 4, 2)], None, 5, id="two under way"),
        pytest.param([(0, 2, 2), (5, 4, 2), (35, 4, 4)], 30, None, id="thirty seconds"),
        pytest.param(
            [(0, 2, 2), (5, 3, 2), (10, 4, 2), (35, 4, 3)], 30, 10, id="first asked, first Ready"
        ),
        pytest.param(
            [(0, 2, 2), (5, 9, 2), (10, 4, 2), (40, 4, 4)], 35, None, id="some were cancelled"
        ),
        pytest.param(
            [(0, 4, 4), (5, 4, 3), (20, 4, 4)], None, None, id="a pod that was replaced tells none"
        ),
        pytest.param([(0, 4, 4), (5, 4, 3)], None, 5, id="a pod that went is under way anew"),
        pytest.param([(0, 2, 2), (5, 4, 2), (9000, 4, 4)], None, None, id="that was a gap"),
    ],
)
def test_startup_times(
    course: list[tuple[float, int, int]], p90: float | None, under_way: float | None
) -> None:
    memory = StartupTimes()
    for time, desired, ready in course:
        observe_replicas(memory, time, desired, ready)
    assert (memory.p90_seconds, memory.under_way_since) == (p90, under_way)


@pytest.mark.parametrize(
    ("waited", "expected"),
    [
        pytest.param(None, (30, 30), id="none is under way"),
        pytest.param(10, (30, 20), id="as expected"),
        pytest.param(40, (55, 15), id="overdue: as much longer again as it is late, and a tick"),
        pytest.param(4000, (600, 0), id="not slow to start: they cannot be placed"),
    ],
)
def test_pods_that_are_overdue_take_longer_than_was_known(
    waited: float | None, expected: tuple[float, float]
) -> None:
    memory = StartupTimes()
    observe_replicas(memory, 0.0, 2, 2)
    if waited is not None:
        observe_replicas(memory, 5.0, 9, 2)
    assert until_ready(memory, 5.0 + (waited or 0.0), 30.0, 5.0) == expected


def test_those_under_way_come_with_the_first_and_once_it_is_late_on_average() -> None:
    memory = StartupTimes()
    for time, desired in ((0.0, 2), (5.0, 4), (25.0, 10)):
        observe_replicas(memory, time, desired, 2)
    assert until_ready(memory, 30.0, 30.0, 5.0) == (30, 5)
    assert until_ready(memory, 60.0, 30.0, 5.0) == (85, (2 * 30 + 6 * 50) / 8)


def test_pods_that_went_are_not_taken_to_be_a_tick_away_for_ever() -> None:
    """What was asked for before has come; those that replace others begin when these went."""
    memory = StartupTimes()
    for time, desired, ready in ((0.0, 2, 2), (5.0, 9, 2), (35.0, 9, 9), (300.0, 9, 6)):
        observe_replicas(memory, time, desired, ready)
    assert memory.under_way_since == 300
    assert until_ready(memory, 310.0, 30.0, 5.0) == (30, 20)
    observe_replicas(memory, 310.0, 7, 6)
    assert until_ready(memory, 320.0, 30.0, 5.0) == (30, 10)


@pytest.mark.parametrize(
    ("overdue", "drain"),
    [
        pytest.param(False, 16, id="those under way come first, and clear it"),
        pytest.param(True, 42, id="they do not come: others may be as soon"),
    ],
)
def test_a_backlog_does_not_wait_for_pods_that_do_not_come(overdue: bool, drain: int) -> None:
    """700 a second come, 533 are served; 16 replicas would serve 1,067."""
    rules = policy(concurrency_per_replica=4, target_utilization=0.75)
    given = seen(0.0, fast=700, slow=700, desired=16, ready=8, starting=8, queue_depth=3_000.0)
    startup = Startup(305.0, 155.0, overdue=overdue)
    demand = estimate_demand(given.readings, 0.0, None, 1.0)
    needs = compute_needs(rules, given, demand, Capacity(4.0, 0.06), 1.0, startup, waiting=3_000.0)
    assert needs.floors["drain"] == drain


@pytest.mark.parametrize(
    ("asked", "drain"),
    [
        pytest.param(-10.0, 19, id="they come soon, and what is left is little"),
        pytest.param(-100.0, 42, id="overdue: as if they did not come before others"),
    ],
)
def test_the_law_knows_when_pods_are_overdue(asked: float, drain: int) -> None:
    rules, state = policy(), watched()
    state.startup = StartupTimes(deque([Asked(asked, 8)]), desired=16, ready=8)
    given = seen(0.0, fast=700, slow=700, desired=16, ready=8, starting=8, queue_depth=3_000.0)
    decision = decide(rules, state, replace(given, startup_seconds=30.0))
    assert decision.floors["drain"] == drain
