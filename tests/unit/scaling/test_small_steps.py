"""Steps down that chance alone may ask for."""

from itertools import pairwise
from math import inf

import pytest

from bytebridge.scaling.decision import Decision
from bytebridge.scaling.law import decide
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.small_steps import SmallSteps, held_step, observe_need, remember_step
from unit.scaling.build import policy, seen, watched

HOLD = 60.0


def memory(*needs: tuple[float, int], mistaken_at: float = -inf) -> SmallSteps:
    found = SmallSteps()
    for time, need in needs:
        observe_need(found, time, need, HOLD, rises=False)
    found.mistaken_at = mistaken_at
    return found


@pytest.mark.parametrize(
    ("present", "target", "certain", "needs", "expected"),
    [
        pytest.param(40, 30, 30, [(900, 38)], 30, id="as far as it is certain: at once"),
        pytest.param(40, 30, 34, [(900, 38)], 34, id="the rest waits"),
        pytest.param(40, 30, 34, [(900, 32)], 32, id="no more than was needed of late"),
        pytest.param(40, 30, 34, [(600, 38), (900, 30)], 30, id="five holds are over"),
        pytest.param(40, 30, None, [(900, 38)], 30, id="a large one, a replica is not certain"),
        pytest.param(40, 38, None, [(900, 39)], 39, id="a small one, a replica is not certain"),
        pytest.param(40, 38, 38, [(900, 39)], 38, id="a small one that is certain"),
        pytest.param(40, 38, 45, [(900, 50)], 40, id="never up"),
        pytest.param(3, 2, 3, [(900, 3)], 3, id="of a small fleet one replica"),
        pytest.param(1, 0, None, [(900, 1)], 0, id="to none is not small"),
    ],
)
def test_how_far_down(
    present: int,
    target: int,
    certain: int | None,
    needs: list[tuple[float, int]],
    expected: int,
) -> None:
    kept, _ = held_step(memory(*needs), 1000.0, (present, target), certain, HOLD)
    assert kept == expected


@pytest.mark.parametrize(
    ("mistaken_at", "target", "certain", "expected", "seconds"),
    [
        pytest.param(-inf, 9, 9, 9, 60, id="never"),
        pytest.param(100.0, 9, 9, 10, 1200, id="a quarter of an hour ago: certain or not"),
        pytest.param(100.0, 9, 12, 10, 1200, id="not certain"),
        pytest.param(-300.0, 9, 9, 9, 60, id="longer ago than twenty holds"),
        pytest.param(100.0, 5, 5, 5, 60, id="a large step is no mistake again"),
    ],
)
def test_after_a_mistake_the_next_waits_longer(
    mistaken_at: float, target: int, certain: int, expected: int, seconds: float
) -> None:
    known = memory((0.0, 10), (950.0, target), mistaken_at=mistaken_at)
    assert held_step(known, 1000.0, (10, target), certain, HOLD) == (expected, seconds)


@pytest.mark.parametrize(
    ("present", "target", "certain", "rises_after", "mistaken"),
    [
        pytest.param(10, 9, 9, 500.0, True, id="a small step that is needed again"),
        pytest.param(10, 9, 9, 700.0, False, id="not so soon"),
        pytest.param(10, 7, 10, 500.0, True, id="all of a larger one may be chance"),
        pytest.param(54, 34, 35, 15.0, False, id="a surplus, of which one was needed"),
        pytest.param(10, 7, None, 15.0, False, id="a larger one, a replica is not certain"),
    ],
)
def test_what_was_a_mistake(
    present: int, target: int, certain: int | None, rises_after: float, *, mistaken: bool
) -> None:
    known = memory()
    remember_step(known, 1000.0, (present, target), certain)
    observe_need(known, 1000.0 + rises_after, target + 1, HOLD, rises=True)
    assert (known.mistaken_at == 1000.0 + rises_after) == mistaken


def test_a_large_step_forgets_the_mistake_of_another_load() -> None:
    known = memory(mistaken_at=990.0)
    remember_step(known, 1000.0, (40, 6), 6)
    assert known == SmallSteps()


def course(
    rules: Policy, legs: list[tuple[int, float]], desired: int, service_seconds: float
) -> list[Decision]:
    """Decisions each 5 s, of so many seconds at each rate."""
    state, found = watched(), list[Decision]()
    for seconds, rate in legs:
        for _ in range(0, seconds, 5):
            line = seen(
                5.0 * len(found),
                fast=rate,
                desired=desired,
                queue_depth=0,
                service_seconds=service_seconds,
            )
            found.append(decide(rules, state, line))
            desired = found[-1].replicas
    return found


def test_a_load_between_two_numbers_of_replicas() -> None:
    """Thirteen are needed again four minutes after one has gone: it stays for twenty."""
    rules = policy(hold_seconds=60, concurrency_per_replica=2, target_utilization=0.9)
    found = course(rules, [(1_200, 330.0), (300, 300.0), (120, 330.0), (1_500, 300.0)], 13, 0.06)
    changes = [
        (after.time, after.replicas)
        for before, after in pairwise(found)
        if after.replicas != before.replicas
    ]
    assert changes == [(1_260.0, 12), (1_500.0, 13), (2_705.0, 12)]


def test_few_requests_go_as_far_as_is_certain() -> None:
    """Eight a second were four; seven replicas would do, and by chance nine are needed again."""
    rules = policy(concurrency_per_replica=1, hold_seconds=60, latency_seconds=3.3, min_replicas=1)
    last = course(rules, [(30, 8.0), (75, 4.0)], 14, 1.0)[-1]
    assert last.replicas == 9
    assert last.held is not None
    assert "the largest need of 300 s is kept, as far as chance may bring it back" in last.held
