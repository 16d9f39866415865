"""Decisions while some of the signals are unknown."""

from copy import deepcopy
from typing import Any

import pytest

from bytebridge.scaling.law import decide
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen

RULES = policy(concurrency_per_replica=2)
BUSY = {"desired": 5, "ready": 5}


def calm(state: State, rules: Policy = RULES) -> float:
    """Two minutes of a hundred requests a second; the time of the next reading."""
    for tick in range(24):
        decide(rules, state, seen(5.0 * tick, fast=100, queue_depth=0, **BUSY))
    return 120.0


@pytest.mark.parametrize(
    ("backlogs", "replicas"),
    [
        pytest.param([0, 0], 5, id="nothing piles up"),
        pytest.param([0, 4165], 100, id="833 a second more than five replicas serve"),
        pytest.param([0, 500], 29, id="a hundred a second more"),
        pytest.param([4165, 2000], 5, id="a backlog is worked off"),
        pytest.param([None, 4165], 5, id="how fast it grew is not known"),
    ],
)
def test_without_rates_a_growing_queue_tells(backlogs: list[float | None], replicas: int) -> None:
    state = State()
    time = calm(state)
    for backlog in backlogs:
        decision = decide(RULES, state, seen(time, queue_depth=backlog, **BUSY))
        time += 5
    assert (decision.replicas, decision.reason) == (replicas, Reason.SIGNALS_UNKNOWN)


def test_what_is_inferred_from_a_queue_lowers_nothing() -> None:
    state, desired = State(), 5
    time = calm(state)
    for backlog in [0, 4000, 8000, 8100, 8000, 6000, 3000, 10, 0, 0, 0, 0] + [0] * 60:
        decision = decide(RULES, state, seen(time, queue_depth=backlog, desired=desired, ready=5))
        assert decision.replicas >= desired
        desired, time = decision.replicas, time + 5
    assert desired == 100


def test_windows_fill_anew_once_rates_are_known_again() -> None:
    """The slow window still holds the time before; only the fast one is compared with itself."""
    state = State()
    time = calm(state)
    decide(RULES, state, seen(time, queue_depth=0, **BUSY))
    decision = decide(RULES, state, seen(time + 5, fast=120, slow=60, queue_depth=0, **BUSY))
    assert decision.signals["demandPerSecond"] == 120
    assert decision.reason is not Reason.SURGE_DETECTED


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param({"fast": 1000, "service_seconds": 0.06}, id="known"),
        pytest.param({"queue_depth": 4165}, id="inferred from the queue"),
    ],
)
def test_steps_up_are_bounded_whatever_is_known(signals: dict[str, Any]) -> None:
    rules, state = policy(concurrency_per_replica=2, max_step_up=0.5), State()
    time = calm(state, rules)
    decide(rules, state, seen(time, queue_depth=0, **BUSY))
    assert decide(rules, state, seen(time + 5, **BUSY, **signals)).replicas == 8


def test_what_is_inferred_from_a_queue_is_learned_by_no_other_rule() -> None:
    state = State()
    time = calm(state)
    decide(RULES, state, seen(time, queue_depth=0, **BUSY))
    seasons, dispersion = deepcopy(state.seasons), deepcopy(state.dispersion)
    decide(RULES, state, seen(time + 5, queue_depth=4000, **BUSY))
    assert (state.seasons, state.dispersion) == (seasons, dispersion)
    assert not state.ceiling.glances.recent
