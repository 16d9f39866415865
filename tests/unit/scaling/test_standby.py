"""What money can buy: warm standby and standing headroom, one readable line a case."""

import pytest

from bytebridge.scaling.law import decide
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.standby import standby_floor
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen


@pytest.mark.parametrize(
    ("largest", "share", "expected"), [(20, 0.5, 10), (21, 0.5, 11), (20, 1.0, 20), (0, 0.5, 0)]
)
def test_standby_floor(largest: int, share: float, expected: int) -> None:
    assert standby_floor(largest, share) == expected


@pytest.mark.parametrize(
    ("standby", "share", "in_between", "reason"),
    [
        (0, 0.5, 2, Reason.STEADY),
        (1_200, 0.5, 10, Reason.STANDBY),
        (1_200, 0.25, 5, Reason.STANDBY),
    ],
)
def test_a_part_of_a_surge_stays_for_its_time(
    standby: float, share: float, in_between: int, reason: Reason
) -> None:
    """A minute at a thousand a second, which needs twenty; then twenty a second."""
    rules = policy(standby_seconds=standby, standby_share=share, hold_seconds=60)
    state, desired = State(), 20
    seen_at: dict[int, tuple[int, Reason]] = {}
    for time in range(0, 2_400, 5):
        load = 1_000 if time < 60 else 20
        decision = decide(rules, state, seen(time, fast=load, queue_depth=0, desired=desired))
        desired = decision.replicas
        seen_at[time] = desired, decision.reason
    assert seen_at[1_000] == (in_between, reason)
    assert seen_at[2_000] == (2, Reason.STEADY)


def test_after_a_start_a_part_of_what_stands_stays() -> None:
    state, desired = State(), 20
    rules = policy(standby_seconds=1_200, hold_seconds=60)
    for time in range(0, 600, 5):
        desired = decide(rules, state, seen(time, fast=20, queue_depth=0, desired=desired)).replicas
    assert desired == 10


@pytest.mark.parametrize(("headroom", "replicas"), [(0.0, 20), (0.2, 24), (0.5, 30), (2.0, 60)])
def test_headroom_stands_ready_for_so_much_more_load(headroom: float, replicas: int) -> None:
    """A thousand a second are sixty busy slots of four a replica, at most 75 % of them busy."""
    decision = decide(
        policy(headroom=headroom), State(), seen(fast=1_000, queue_depth=0, desired=replicas)
    )
    assert decision.replicas == replicas
    assert decision.floors.get("headroom", replicas) == replicas


def test_headroom_is_named() -> None:
    observation = seen(fast=1_000, queue_depth=0, desired=23)
    decision = decide(policy(headroom=0.2), State(), observation)
    assert (decision.replicas, decision.reason) == (24, Reason.HEADROOM)
