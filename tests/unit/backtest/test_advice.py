"""What is recommended, and why."""

from dataclasses import replace
from typing import Any

import pytest

from bytebridge.backtest.advice import Advice, advise, headroom
from bytebridge.backtest.replay import Learned, Replay, Tick
from bytebridge.scaling.observation import Replicas
from bytebridge.scaling.policy import Policy
from bytebridge.simulation.scenarios import SCENARIOS
from support.recorded import policy

POLICY = policy(SCENARIOS["step-30"])


def replay_of(needs: list[int], rates: list[float] | None = None, **learned: Any) -> Replay:
    """One tick of 5 s a need; by default 10 requests/s for each replica."""
    rates = rates or [10.0 * need for need in needs]
    ticks = [
        Tick(5.0 * i, rate, Replicas(9, 9), 0.0, 0.1, need, need, 0.0, need, need, need, "x")
        for i, (need, rate) in enumerate(zip(needs, rates, strict=True))
    ]
    return Replay(ticks, Learned(**({"slots": 2.0, "service_seconds": 0.06} | learned)))


def advice(field: str, replay: Replay, to: Policy = POLICY) -> Advice:
    headrooms = headroom(to, replay, 35.0, (0.5, 0.95, 0.99))
    return next(one for one in advise(to, replay, headrooms) if one.field == field)


@pytest.mark.parametrize(
    ("needs", "expected", "because"),
    [
        pytest.param([4] * 50 + [9] * 50, "4", "no more than 4 for 5 %", id="the calm level"),
        pytest.param([1] * 2 + [6] * 98, "6", "no more than 6", id="a lull is not the calm level"),
        pytest.param([1] * 100, "2", "two, so that one may fail", id="never one alone"),
    ],
)
def test_least(needs: list[int], expected: str, because: str) -> None:
    found = advice("minReplicas", replay_of(needs))
    assert (found.present, found.recommended) == ("2", expected)
    assert because.replace(" %", "%") in found.reason


def test_a_queue_may_sleep() -> None:
    worker = replace(POLICY, latency_seconds=None, drain_seconds=60.0)
    found = advice("minReplicas", replay_of([0] * 20 + [3] * 80), worker)
    assert found.recommended == "0"


@pytest.mark.parametrize(
    ("surplus", "expected"),
    [
        pytest.param([8] * 2000, "10", id="a quarter more than was needed"),
        pytest.param([8] * 1990 + [20] * 10, "20", id="backlogs asked for more"),
        pytest.param([8] * 1999 + [60], "10", id="once in a while does not count"),
    ],
)
def test_most(surplus: list[int], expected: str) -> None:
    replay = replay_of([8] * 2000)
    replay.ticks = [replace(t, most=most) for t, most in zip(replay.ticks, surplus, strict=True)]
    assert advice("maxReplicas", replay).recommended == expected


@pytest.mark.parametrize(
    ("saturated", "expected", "because"),
    [
        pytest.param([3.9, 4.0, 4.0] * 5, "4", "median of 15 ticks", id="seen while saturated"),
        pytest.param([4.0] * 3, "learned", "at most 1.5 were seen", id="too seldom"),
    ],
)
def test_concurrency(saturated: list[float], expected: str, because: str) -> None:
    unset = replace(POLICY, concurrency_per_replica=None)
    replay = replay_of([4] * 50, saturated=saturated, busiest=1.5)
    found = advice("concurrencyPerReplica", replay, unset)
    assert (found.present, found.recommended) == ("learned", expected)
    assert because in found.reason


def test_headroom_is_what_rises_within_the_horizon_need() -> None:
    rates = [100.0] * 100 + [150.0] * 100
    half, most, all_but = headroom(POLICY, replay_of([5] * 200, rates), 35.0, (0.5, 0.95, 0.99))
    assert (half.rise, half.percent, half.price) == (1.0, 0, 1.0)
    assert most.rise == 1.0, "7 of 200 ticks see the rise ahead: 3.5 %"
    assert all_but.rise == pytest.approx(1.5)
    assert all_but.percent == 50
    # 6 and 9 busy slots need 5 and 7 replicas; 9 and 13.5 need 7 and 9 (by the latency floor).
    assert all_but.price == pytest.approx((7 + 9) / (5 + 7), rel=0.1)


def test_headroom_is_recommended_for_the_share_of_the_objective() -> None:
    rates = [100.0, 100.0, 150.0, 150.0] * 50
    found = advice("headroomPercent", replay_of([7] * 200, rates))
    assert (found.present, found.recommended) == ("0", "50")
    assert "1.50 times for 95%" in found.reason
    assert "replica-hours x 1." in found.reason
    assert advice("headroomPercent", replay_of([7] * 200)).recommended == "0"


def test_a_jump_from_nothing_is_not_met_by_headroom() -> None:
    found = advice("headroomPercent", replay_of([7] * 200, [1.0, 100.0] * 100))
    assert found.recommended == "400", "the most that the field takes"


def test_nothing_is_recommended_of_nothing() -> None:
    assert advise(POLICY, Replay(), []) == []
    assert headroom(POLICY, Replay(), 35.0, (0.5,)) == []
    assert headroom(POLICY, replay_of([4], slots=None), 35.0, (0.5,)) == []
