"""What replicas were seen to serve; one line a case."""

from typing import Any

import pytest

from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.law import decide
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.served import served_at_least
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen

STEADY: dict[str, Any] = {"fast": 300, "in_flight": 30, "latency_p95_seconds": 0.1, "desired": 12}


@pytest.mark.parametrize(
    ("changes", "size", "served"),
    [
        pytest.param({}, FleetSize(), 299.5, id="all but those inside, in a minute"),
        pytest.param({"queue_depth": 600}, FleetSize(), 289.5, id="those that wait as well"),
        pytest.param({"latency_p95_seconds": 0.4}, FleetSize(), 298, id="as many as latencies say"),
        pytest.param({"latency_p95_seconds": 0.41}, FleetSize(), 0, id="clients may give up"),
        pytest.param({"latency_p95_seconds": None}, FleetSize(), 0, id="latencies unknown"),
        pytest.param({"fast": 330, "slow": 300}, FleetSize(), 299.5, id="the lower window"),
        pytest.param({"fast": 450, "slow": 300}, FleetSize(), 0, id="a load that rises"),
        pytest.param({"fast": 300, "slow": 450}, FleetSize(), 299.5, id="one that falls"),
        pytest.param({"fast": None}, FleetSize(), 0, id="no rate"),
        pytest.param({}, FleetSize(11, changed_since=50), 299.5, id="replicas came"),
        pytest.param({}, FleetSize(13), 0, id="one went"),
        pytest.param({}, FleetSize(12, fewer_since=41), 0, id="within the minute"),
        pytest.param({}, FleetSize(12, fewer_since=40), 299.5, id="before it"),
    ],
)
def test_served_at_least(changes: dict[str, Any], size: FleetSize, served: float) -> None:
    given = seen(100.0, **STEADY | changes)
    lateness = policy(latency_seconds=0.2).lateness(given.readings)
    assert served_at_least(given, size, lateness) == pytest.approx(served)
    assert served_at_least(given, size, None) == 0


def test_a_service_that_is_late_when_first_seen_has_no_backlog_by_assumption() -> None:
    """Thirteen replicas of whose slots nothing is known: 40 ms of 240 are too long, no more."""
    state = State()
    late: dict[str, Any] = {"latency_mean_seconds": 0.09, "latency_p95_seconds": 0.24}
    for tick in range(6):
        late |= {"fast": 308, "in_flight": 36 + tick % 3, "service_seconds": None}
        given = seen(5.0 * tick, desired=33 if tick else 13, ready=13, starting=20, **late)
        decision = decide(policy(concurrency_per_replica=None), state, given)
        assert decision.reason is not Reason.MAX_REPLICAS
        assert decision.replicas <= 40, "one slot each, 28 of them busy on average"
        assert decision.floors["drain"] <= decision.floors["latency"]


def test_a_service_in_time_is_not_given_five_times_its_replicas_at_the_first_look() -> None:
    """Ten of nineteen and a half slots were busy when it was looked at."""
    calm: dict[str, Any] = {
        "service_seconds": None,
        "latency_mean_seconds": 0.067,
        "latency_p95_seconds": 0.161,
    }
    given = seen(fast=292, in_flight=10, desired=13, **calm)
    decision = decide(policy(concurrency_per_replica=None), State(), given)
    assert decision.replicas <= 18
