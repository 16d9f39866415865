"""Requests that wait while slots are idle: twenty slots in ten replicas, 200 ms."""

from typing import Any

import pytest

from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.scattered import waits_beside_idle_slots
from unit.scaling.build import policy, seen, watched

LATE: dict[str, Any] = {"latency_p95_seconds": 0.3}
IN_TIME: dict[str, Any] = {"latency_p95_seconds": 0.19}


def at(
    waiting: float | None,
    serving: float | None,
    time: float = 0.0,
    present: int = 10,
    **readings: Any,
) -> Observation:
    gauges: dict[str, Any] = {"queue_depth": waiting, "in_flight": serving}
    return seen(time, fast=100.0, desired=present, **gauges, **readings)


@pytest.mark.parametrize(
    ("observation", "waits"),
    [
        pytest.param(at(5, 12, **LATE), True, id="late, eight slots idle, five wait"),
        pytest.param(at(5, 12, **IN_TIME), False, id="in time"),
        pytest.param(at(5, 12), False, id="no latency is known"),
        pytest.param(at(5, 19, **LATE), False, id="all but one are busy: a line before all"),
        pytest.param(at(0, 12, **LATE), False, id="nobody waits: the service itself is slow"),
        pytest.param(at(0.5, 12, **LATE), False, id="few wait"),
        pytest.param(at(None, 12, **LATE), False, id="no queue is told"),
        pytest.param(at(5, None, **LATE), False, id="what is being served is not"),
        pytest.param(at(5, None, **LATE, in_flight_p10=1.0), True, id="some have a free slot"),
        pytest.param(at(5, None, **LATE, in_flight_p10=2.0), False, id="nine tenths have none"),
        pytest.param(at(1, None, **LATE, in_flight_p10=0.0), False, id="fewer wait than may"),
    ],
)
def test_one_reading(observation: Observation, waits: bool) -> None:
    assert waits_beside_idle_slots(observation, 2.0, 0.2) == waits
    assert not waits_beside_idle_slots(observation, None, 0.2)
    assert not waits_beside_idle_slots(observation, 2.0, None)


@pytest.mark.parametrize("waiting", [pytest.param(5.0, id="some"), pytest.param(0.0, id="nobody")])
def test_no_replica_goes_that_serves_while_requests_wait(waiting: float) -> None:
    """Six slots would do for the load; the hold is over after a minute."""
    state, present = watched(), 10
    rules = policy(concurrency_per_replica=2, hold_seconds=60)
    for tick in range(15):
        observation = at(waiting, 12, time=5.0 * tick, present=present, **LATE)
        decision = decide(rules, state, observation)
        present = decision.replicas
    assert (present == 10) == (waiting > 0)
    if waiting:
        assert "requests wait while slots are idle" in (decision.held or "")
