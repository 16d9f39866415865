"""Messages in work that nobody tells; one readable line a case."""

from math import exp
from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.in_work import InWork, reckon_in_work
from bytebridge.scaling.law import decide
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen

MINUTE = Capacity(slots=20, service_seconds=60.0)
WORKER = policy(
    latency_seconds=None, drain_seconds=300, concurrency_per_replica=20, min_replicas=0,
    hold_seconds=60,
)  # fmt: skip
EMPTY: dict[str, Any] = {"queue_depth": 0.0, "desired": 10}


@pytest.mark.parametrize(
    ("memory", "changes", "left"),
    [
        pytest.param(InWork(), {}, 0, id="nothing was there"),
        pytest.param(InWork(100, 0.0), {}, 100, id="a part of it is done"),
        pytest.param(InWork(100, 0.0, depth=60), {}, 160, id="what waited was taken"),
        pytest.param(InWork(100, 0.0, depth=60), {"queue_depth": 50}, 110, id="or some of it"),
        pytest.param(InWork(100, 0.0), {"queue_depth": 50}, 100, id="what came waits"),
        pytest.param(InWork(180, 0.0, depth=500), {}, 217.37, id="no more than slots"),
        pytest.param(InWork(0.54, 0.0), {}, 0, id="the last one is done"),
        pytest.param(InWork(100, 0.0), {"in_flight": 7}, 0, id="somebody tells"),
        pytest.param(InWork(100, 0.0), {"queue_depth": None}, 0, id="depth unknown"),
        pytest.param(InWork(100, None), {}, 100 * exp(5 / 60), id="the first look"),
    ],
)
def test_five_seconds_later(memory: InWork, changes: dict[str, Any], left: float) -> None:
    reckon_in_work(memory, seen(5.0, **{**EMPTY, **changes}), None, MINUTE)
    assert memory.messages == pytest.approx(left * exp(-5 / 60), rel=1e-3)


def test_service_time_unknown() -> None:
    memory = InWork(100, 0.0)
    reckon_in_work(memory, seen(5.0, **EMPTY), None, Capacity(slots=20))
    assert memory.messages == 0


def test_a_steady_load_is_in_work_as_littles_law_says() -> None:
    """Two a second of a minute each: 120."""
    state = State()
    for time in range(0, 600, 5):
        decide(WORKER, state, seen(time, **EMPTY, fast=2.0, service_seconds=60.0))
    assert state.in_work.messages == pytest.approx(120, rel=0.05)


def test_pods_stay_for_what_they_have_begun() -> None:
    """Two hundred were taken as the last came; a minute later half of the pods were gone."""
    state, desired, course = State(), 10, []
    for time in range(0, 900, 5):
        waiting = 200.0 if time < 60 else 0.0
        given = seen(time, queue_depth=waiting, fast=0.0, service_seconds=60.0, desired=desired)
        desired = decide(WORKER, state, given).replicas
        left = 200 * exp(-max(0, time - 60) / 60)
        course.append((time, desired * 20 >= left or left < 0.5))
    assert all(enough for _, enough in course)
    assert desired == 0
