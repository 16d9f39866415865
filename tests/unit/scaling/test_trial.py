"""Replicas that are to show what one with less to do can; one line a case."""

from typing import Any

import pytest

from bytebridge.scaling.ceiling import Ceiling
from bytebridge.scaling.law import decide
from bytebridge.scaling.slowdown import Slowdown, Speed
from bytebridge.scaling.state import State
from bytebridge.scaling.trial import Trial, trial_floor
from unit.scaling.build import policy, seen

FULL = Speed(30.0, 8.0, 1000.0, 0.0)
"""Eight at once take 0.27 s each, of which 0.2 s may be 95 %."""
LIGHT = Speed(15.0, 1.0, 1000.0, 0.0)
LIGHT_AND_AS_SLOW = Speed(15.0, 4.0, 1000.0, 0.0)
FEW = Speed(15.0, 4.0, 4.0, 0.0)
LIGHT_FOR_LONG = Speed(15.0, 4.0, 400.0, 0.0)
QUIET = Speed(0.01, 0.002, 100.0, 0.0)
SLOW: dict[str, Any] = {"service_seconds": 0.2, "latency_p95_seconds": 0.45}


@pytest.mark.parametrize(
    ("speeds", "line", "floor"),
    [
        pytest.param([FULL], {}, 13, id="a quarter more than have the load that was seen"),
        pytest.param([FULL], {"desired": 17}, 17, id="those that stand are kept"),
        pytest.param([FULL], {"desired": 60}, 20, id="those of them that are needed to see it"),
        pytest.param([], {}, 0, id="no load was seen"),
        pytest.param([FULL, LIGHT], {}, 0, id="load makes them slower"),
        pytest.param([FULL, LIGHT_AND_AS_SLOW], {}, 0, id="load makes no difference"),
        pytest.param([FULL, FEW], {}, 25, id="nobody knows yet"),
        pytest.param([QUIET], {}, 25, id="a quiet hour asks for no more"),
        pytest.param([LIGHT_FOR_LONG], {}, 0, id="a lighter load is known, and this one will be"),
        pytest.param(100 * [FEW], {}, 0, id="so it is by many of a few"),
        pytest.param([FULL], {"desired": 9}, 13, id="little more than was seen"),
        pytest.param([FULL], {"desired": 8}, 0, id="a surge is another load by itself"),
        pytest.param([FULL], {"service_seconds": 0.08}, 0, id="service leaves time for waiting"),
        pytest.param([FULL], {"latency_p95_seconds": 0.19}, 0, id="in time, whatever the mean"),
        pytest.param([FULL], {"service_seconds": None}, 0, id="service time unknown"),
        pytest.param([FULL], {"latency_p95_seconds": None}, 0, id="latency unknown"),
    ],
)
def test_what_a_trial_asks_for(speeds: list[Speed], line: dict[str, Any], floor: int) -> None:
    slowdown = Slowdown(speeds=dict(enumerate(speeds)), time=0.0)
    given = seen(0.0, **{"fast": 300, "desired": 10, **SLOW, **line})
    assert trial_floor(Trial(), slowdown, given, 300.0, 0.2, 30.0) == floor


@pytest.mark.parametrize(
    ("rate", "floor"),
    [
        pytest.param(300.0, 13, id="the mean of many is certain"),
        pytest.param(0.05, 0, id="of three in a minute one may have taken long"),
    ],
)
def test_service_that_takes_too_long_by_chance(rate: float, floor: int) -> None:
    given = seen(0.0, fast=rate, desired=10, **SLOW)
    known = Slowdown(speeds={0: FULL}, time=0.0)
    assert trial_floor(Trial(), known, given, 300.0, 0.2, 30.0) == floor


def test_what_is_known_needs_no_trial() -> None:
    known = Slowdown(speeds={0: FULL}, idle_seconds=0.03, per_request=0.03)
    assert trial_floor(Trial(), known, seen(0.0, fast=300, **SLOW), 300.0, 0.2, 30.0) == 0


def test_a_trial_is_not_for_ever() -> None:
    memory, slowdown = Trial(), Slowdown(speeds={0: FULL})

    def floor(time: float, **line: Any) -> int:
        given = seen(time, **{"fast": 300, "desired": 10, **SLOW, **line})
        return trial_floor(memory, slowdown, given, 300.0, 0.2, 30.0)

    assert [floor(time) for time in (0.0, 150.0, 151.0, 900.0)] == [13, 13, 0, 0]
    assert floor(1000.0, latency_p95_seconds=0.1) == 0
    slowdown.speeds = {1: Speed(27.0, 4.0, 1000.0, 1000.0)}
    assert floor(1005.0) == 14, "requests have been in time meanwhile, and it begins anew"


def test_what_a_trial_shows_is_no_reason_for_a_larger_one() -> None:
    memory, slowdown = Trial(), Slowdown(speeds={0: FULL}, time=0.0)
    given = seen(0.0, fast=300, desired=10, **SLOW)
    assert trial_floor(memory, slowdown, given, 300.0, 0.2, 30.0) == 13
    slowdown.speeds[1] = Speed(23.0, 6.0, 40.0, 0.0)
    assert trial_floor(memory, slowdown, given, 300.0, 0.2, 30.0) == 13
    assert trial_floor(Trial(), slowdown, given, 300.0, 0.2, 30.0) == 17


@pytest.mark.parametrize(
    ("ceiling", "objective", "tried"),
    [
        pytest.param(Ceiling(), 0.2, True, id="it may be the load"),
        pytest.param(Ceiling(throughput=290.0, best_each=30.0), 0.2, False, id="a database"),
        pytest.param(Ceiling(suspected=1), 0.2, False, id="it may be one"),
        pytest.param(Ceiling(), None, False, id="no latency objective"),
    ],
)
def test_when_a_decision_tries(ceiling: Ceiling, objective: float | None, tried: bool) -> None:
    rules = policy(concurrency_per_replica=8, latency_seconds=objective)
    state = State(ceiling=ceiling, slowdown=Slowdown(speeds={0: FULL}))
    given = seen(0.0, fast=300, desired=10, queue_depth=0, in_flight=60, **SLOW)
    decision = decide(rules, state, given)
    assert ("trial" in decision.floors) is tried
    if tried:
        assert decision.replicas == decision.floors["trial"] == 13
        assert decision.reason == "LatencyObjective"


def test_another_pod_template_is_tried_anew() -> None:
    state = State(trial=Trial(late_since=0.0, lowest=30.0))
    state.forget_template()
    assert state.trial == Trial()
