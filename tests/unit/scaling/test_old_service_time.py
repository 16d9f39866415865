"""Requests that a service time of before a backlog does not account for."""

from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.law import decide
from bytebridge.scaling.old_service_time import OldServiceTime, observe_after_backlog
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen

KNOWN = Capacity(2, 0.007, waited_at=0.0)
"""Of a load of 300 a second two are in flight by it, and no more than six by chance."""


@pytest.mark.parametrize(
    ("changes", "gauge", "in_flight"),
    [
        pytest.param({}, 10.0, 10.0, id="more than the rates can keep busy"),
        pytest.param({}, 6.0, 0.0, id="by chance"),
        pytest.param({"slow": 3_000}, 10.0, 10.0, id="the load has become less"),
        pytest.param({"service_seconds": 0.007}, 10.0, 0.0, id="it is measured"),
        pytest.param({"latency_mean_seconds": None}, 10.0, 0.0, id="nothing has told it"),
        pytest.param({"queue_depth": 9}, 10.0, 0.0, id="all slots are in use"),
        pytest.param({"queue_depth": 8}, 10.0, 10.0, id="a queue as any service has at times"),
        pytest.param({"fast": None}, 10.0, 0.0, id="no rate"),
        pytest.param({}, None, 0.0, id="no gauge"),
        pytest.param({"time": 80.0}, 10.0, 0.0, id="the backlog has left the latencies"),
    ],
)
def test_one_look(changes: dict[str, Any], gauge: float | None, in_flight: float) -> None:
    memory = OldServiceTime()
    readings: dict[str, Any] = {"time": 20.0, "fast": 300, "service_seconds": None}
    readings |= {"queue_depth": 0, "latency_mean_seconds": 0.2, "desired": 4, **changes}
    observe_after_backlog(memory, seen(**readings), gauge, KNOWN, 2.0)
    assert memory.in_flight == in_flight


def test_it_is_a_mean_of_half_a_minute_since_the_backlog() -> None:
    memory, found = OldServiceTime(), []
    for time, gauge in ((5.0, 90.0), (10.0, 12.0), (25.0, 12.0), (40.0, 8.0)):
        line = seen(
            time,
            fast=300,
            service_seconds=None,
            latency_mean_seconds=0.2,
            queue_depth=50 if time == 5 else 0,
            desired=4,
        )
        observe_after_backlog(memory, line, gauge, KNOWN, 2.0)
        found.append(memory.in_flight)
    assert found == [0.0, 12.0, 12.0, 10.0]


def test_the_waiting_count_as_well_where_one_figure_holds_both() -> None:
    """Nine in progress at four replicas with two slots: one of them waits."""
    state = State(capacity=KNOWN._replace(waited_at=15.0))
    state.in_flight.counts_waiting = True
    line = seen(
        20.0, fast=300, service_seconds=None, latency_mean_seconds=0.2, in_flight=9, desired=4
    )
    decide(policy(concurrency_per_replica=2), state, line)
    assert state.old_service_time.in_flight == 9


def test_replicas_stay_for_what_is_in_flight() -> None:
    """A cache is lost: seven replicas do what two did, and latencies still tell of the backlog."""
    rules, state, desired = policy(concurrency_per_replica=2, hold_seconds=20), State(), 2
    for time in range(0, 130, 5):
        lost, waits = time >= 60, 60 <= time < 85
        line = seen(
            time,
            fast=300,
            service_seconds=None,
            latency_mean_seconds=1.0 if lost else 0.007,
            queue_depth=900 if waits else 0,
            in_flight=2 * desired if waits else 9 if lost else 2,
            desired=desired,
        )
        desired = decide(rules, state, line).replicas
        desired = 7 if waits else desired
    assert desired >= 6
