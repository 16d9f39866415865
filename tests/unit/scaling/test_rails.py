"""What a person asks for, whatever the load: one readable line a case."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.schedule import Window
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen, watched

MONDAY_EIGHT = 1_772_438_400.0
"""2026-03-02 08:00 UTC."""
ESTIMATED: dict[str, Any] = {"service_seconds": None, "latency_mean_seconds": 0.1, "queue_depth": 5}
WINDOW = Window("launch", "0 8 * * 1-5", 3_600, "UTC", 12)


def on_monday(seconds: float, **readings: Any) -> Observation:
    return replace(seen(**readings), unix_time=MONDAY_EIGHT + seconds)


@pytest.mark.parametrize(
    ("rails", "observation", "replicas", "reason"),
    [
        ({"manual_floor": 12}, seen(fast=20, queue_depth=0), 12, Reason.MANUAL_FLOOR),
        ({"manual_floor": 12}, seen(fast=20, queue_depth=0, desired=12), 12, Reason.MANUAL_FLOOR),
        ({"manual_floor": 12}, seen(fast=1000, queue_depth=0, desired=19), 20, Reason.UTILIZATION),
        ({"manual_floor": 1}, seen(fast=20, desired=1), 2, Reason.MIN_REPLICAS),
        ({"manual_floor": 500}, seen(fast=20), 100, Reason.MANUAL_FLOOR),
        ({"manual_floor": 12}, seen(), 12, Reason.SIGNALS_UNKNOWN),
        ({"manual_floor": 12, "max_step_up": 0.5}, seen(fast=20), 12, Reason.MANUAL_FLOOR),
        ({"schedule": (WINDOW,)}, on_monday(0, fast=20, queue_depth=0), 12, Reason.SCHEDULED),
        ({"schedule": (WINDOW,)}, on_monday(0, fast=20, desired=12, **ESTIMATED), 12,
         Reason.SCHEDULED),
        ({"schedule": (WINDOW,)}, on_monday(-35, fast=20, queue_depth=0), 12, Reason.SCHEDULED),
        ({"schedule": (WINDOW,)}, on_monday(-36, fast=20, queue_depth=0), 2, Reason.STEADY),
        ({"schedule": (WINDOW,)}, seen(fast=20, queue_depth=0), 2, Reason.STEADY),
        ({"schedule": (WINDOW,), "manual_floor": 9}, on_monday(0, fast=1), 12, Reason.SCHEDULED),
        ({"schedule": (WINDOW,), "manual_floor": 15}, on_monday(0, fast=1), 15,
         Reason.MANUAL_FLOOR),
    ],
)  # fmt: skip
def test_raised_minimum(
    rails: dict[str, Any], observation: Observation, replicas: int, reason: Reason
) -> None:
    decision = decide(policy(**rails), State(), observation)
    assert (decision.replicas, decision.reason) == (replicas, reason), decision.message
    if "manual_floor" in rails:
        assert decision.floors["manual"] == rails["manual_floor"]
    if observation.unix_time and observation.unix_time >= MONDAY_EIGHT - 35:
        assert decision.floors["schedule"] == 12


def test_a_floor_above_the_maximum_is_cut_and_says_so() -> None:
    decision = decide(policy(manual_floor=500), State(), seen(fast=20))
    assert decision.held == "the annotation min-replicas asks for 500, cut to maxReplicas (100)"


def test_blindness_names_the_floor_that_holds() -> None:
    decision = decide(policy(manual_floor=12), State(), seen())
    assert "the annotation min-replicas asks for 12" in decision.message


def test_after_its_window_the_floor_goes_when_the_hold_has_passed() -> None:
    rules, state, desired, lowered = policy(schedule=(WINDOW,), hold_seconds=60), State(), 2, None
    for seconds in range(-120, 4_300, 5):
        observation = replace(on_monday(seconds, fast=20, queue_depth=0, desired=desired))
        desired = decide(rules, state, replace(observation, time=float(seconds))).replicas
        if -35 <= seconds < 3_600:
            assert desired == 12, seconds
        if lowered is None and seconds > 0 and desired < 12:
            lowered = seconds
    assert lowered is not None
    assert 3_600 + 55 <= lowered <= 3_600 + 65
    assert desired == 2


@pytest.mark.parametrize(
    ("limits", "desired", "replicas"),
    [
        ({}, 4, 60),
        ({"max_step_up": 0.5}, 4, 6),
        ({"max_step_up_replicas": 3}, 4, 7),
        ({"max_step_up": 0.5, "max_step_up_replicas": 3}, 4, 6),
        ({"max_step_up": 1.0, "max_step_up_replicas": 3}, 40, 43),
        ({"max_step_up": 0.1}, 2, 3),
    ],
)
def test_a_step_up(limits: dict[str, Any], desired: int, replicas: int) -> None:
    surge = seen(fast=1000, slow=100, queue_depth=0, desired=desired, ready=3)
    assert decide(policy(**limits), State(), surge).replicas == replicas


def _went(limits: dict[str, Any], load: float, desired: int, seconds: int = 600) -> list[int]:
    rules, state, history = policy(hold_seconds=0, **limits), watched(), [desired]
    for time in range(0, seconds, 5):
        observation = seen(time, fast=load, queue_depth=0, desired=history[-1])
        history.append(decide(rules, state, observation).replicas)
    return history


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ({"max_step_down": 0.5}, 50),
        ({"max_step_down": 1.0, "max_step_down_replicas": 4}, 4),
        ({"max_step_down": 0.01, "max_step_down_replicas": 4}, 1),
    ],
)
def test_steps_down(limits: dict[str, Any], most: int) -> None:
    history = _went(limits, load=1, desired=100)
    assert max(before - after for before, after in pairwise(history)) == most


def test_steps_within_a_period() -> None:
    up = _went({"max_step_up_replicas": 4, "step_up_period_seconds": 60}, 5000, 4)
    down = _went(
        {"max_step_down": 1.0, "max_step_down_replicas": 4, "step_down_period_seconds": 60}, 1, 100
    )
    for history in (up, down):
        for first in range(len(history) - 12):
            minute = history[first : first + 12]
            assert max(minute) - min(minute) <= 4
    assert up[-1] >= 4 + 4 * 9
    assert down[-1] <= 100 - 4 * 9


def test_a_period_raises_nothing_that_somebody_lowered() -> None:
    """Ten of a hundred may go in a minute; a person took fifty."""
    rules = policy(max_step_down=0.1, step_down_period_seconds=60, hold_seconds=0)
    state = State()
    decide(rules, state, seen(0, fast=1, queue_depth=0, desired=100))
    assert decide(rules, state, seen(5, fast=1, queue_depth=0, desired=50)).replicas == 50
