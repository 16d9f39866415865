"""How long a need is kept."""

from dataclasses import replace

import pytest

from bytebridge.api.service import ScalableService
from bytebridge.scaling.climb import Climb
from bytebridge.scaling.law import decide
from bytebridge.scaling.policy import compile_policy
from unit.scaling.build import policy, seen, watched

TICK = 5


def kept_seconds(startup: float, hold: float, *, holds_startup: bool) -> int:
    """For how long ten times the replicas stay after ten times the load has gone."""
    rules = policy(hold_seconds=hold, holds_startup=holds_startup, max_step_down=1.0)
    state, desired = watched(), 21
    for now in range(0, 1500, TICK):
        rate = 1000.0 if now < 300 else 100.0
        given = seen(
            now, fast=rate, slow=rate, desired=desired, queue_depth=0, in_flight=rate * 0.06,
            latency_p95_seconds=0.15,
        )  # fmt: skip
        given = replace(given, startup_seconds=startup)
        desired = decide(rules, state, given).replicas
        if desired < 18:
            return now - 300
    raise AssertionError("they stay for ever")


@pytest.mark.parametrize(
    ("startup", "hold", "holds_startup", "expected"),
    [
        pytest.param(30, 60, True, 60, id="a minute"),
        pytest.param(300, 60, True, 300, id="as long as pods take to start"),
        pytest.param(300, 60, False, 60, id="a hold that is set is kept to"),
        pytest.param(300, 600, False, 600, id="a longer one too"),
    ],
)
def test_a_need_is_kept(startup: float, hold: float, holds_startup: bool, expected: int) -> None:
    kept = kept_seconds(startup, hold, holds_startup=holds_startup)
    assert expected - TICK <= kept <= expected + 3 * TICK


@pytest.mark.parametrize(
    ("scale_down", "seconds", "holds_startup"),
    [
        pytest.param({}, 60, True, id="not set"),
        pytest.param({"holdSeconds": 60}, 60, False, id="set to what it is by default"),
        pytest.param({"holdSeconds": 0}, 0, False, id="none"),
    ],
)
def test_the_hold_of_a_spec(
    scale_down: dict[str, int], seconds: float, holds_startup: bool
) -> None:
    service = ScalableService.model_validate(
        {
            "metadata": {"name": "any"},
            "spec": {
                "template": {"spec": {"containers": []}},
                "scaling": {
                    "maxReplicas": 3,
                    "objective": {"latencyMilliseconds": 200},
                    "scaleDown": scale_down,
                },
            },
        }
    )
    compiled = compile_policy(service, 5.0)
    assert (compiled.hold_seconds, compiled.holds_startup) == (seconds, holds_startup)


def test_the_decision_says_how_long_and_nothing_of_chance() -> None:
    rules, state = policy(hold_seconds=60, holds_startup=True), watched()
    held = []
    for now in range(0, 400, TICK):
        rate = 1000.0 if now < 300 else 100.0
        given = seen(now, fast=rate, slow=rate, desired=20, queue_depth=0, latency_p95_seconds=0.1)
        held.append(decide(rules, state, replace(given, startup_seconds=300.0)).held)
    assert held[-1] == "3 would do; the largest need of 300 s is kept"


def test_what_a_rise_of_minutes_asked_for_is_held_when_it_ends() -> None:
    """It asked for what 1,150 a second need, 23 replicas; 800 need 16."""
    rules, state, desired = policy(hold_seconds=60), watched(), 12
    for now in range(0, 60, TICK):
        rate = 500.0 + 10 * min(now, 30)
        slope = 10.0 if now <= 30 else 0.0
        state.climb = Climb(slope=slope, lasted=1e3, time=0.0, rate=500.0)
        given = seen(
            now, fast=rate, slow=rate, desired=desired, queue_depth=0, latency_p95_seconds=0.1
        )
        desired = decide(rules, state, given).replicas
    assert desired == 23


def test_what_a_ramp_asked_for_is_kept_for_half_a_start_up() -> None:
    rules, state, kept = policy(hold_seconds=60, holds_startup=True), watched(), {}
    for now in range(0, 200, TICK):
        given = seen(
            now, fast=120, slow=120, desired=30 if now else 4, queue_depth=0,
            latency_p95_seconds=0.1,
        )  # fmt: skip
        kept[now] = decide(rules, state, replace(given, startup_seconds=300.0)).replicas
        if now == 0:
            state.ramps.add(1.0, 30)
    assert (kept[140], kept[160]) == (30, 15)
