"""Slots that nobody has counted are relied on a little at a time; one line a case."""

from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.in_flight import InFlight
from bytebridge.scaling.law import decide
from bytebridge.scaling.probing import Probing, observe_busiest, probing_replicas
from bytebridge.scaling.slowdown import Slowdown
from bytebridge.scaling.state import State
from bytebridge.scaling.throughput import Busy
from unit.scaling.build import policy, seen

CAPACITY = Capacity(slots=4.0, service_seconds=0.06)
CALM: dict[str, Any] = {"fast": 400, "desired": 16, "latency_mean_seconds": 0.06}
"""One and a half of each replica's slots are in use on average."""


@pytest.mark.parametrize(
    ("stood", "line", "capacity", "busiest"),
    [
        pytest.param(75, {}, CAPACITY, 1.5, id="nothing waits"),
        pytest.param(74, {}, CAPACITY, 0.0, id="means are of other replicas"),
        pytest.param(75, {"latency_mean_seconds": 0.0617}, CAPACITY, 1.5, id="by chance"),
        pytest.param(75, {"latency_mean_seconds": 0.0619}, CAPACITY, 0.0, id="requests wait"),
        pytest.param(
            75,
            {"fast": 4, "latency_mean_seconds": 0.071},
            CAPACITY,
            0.015,
            id="or by chance of 240",
        ),
        pytest.param(75, {"latency_mean_seconds": None}, CAPACITY, 0.0, id="latencies unknown"),
        pytest.param(75, {"fast": None}, CAPACITY, 0.0, id="no rate"),
        pytest.param(75, {"coverage": 0.8}, CAPACITY, 0.0, id="of some of the pods"),
        pytest.param(75, {}, Capacity(), 0.0, id="no service time"),
        pytest.param(75, {"desired": 0}, CAPACITY, 0.0, id="no replicas"),
    ],
)
def test_how_much_a_replica_was_seen_to_do(
    stood: float, line: dict[str, Any], capacity: Capacity, busiest: float
) -> None:
    memory, given = Probing(shortest_seconds=0.06), seen(100.0, **CALM | line)
    observe_busiest(memory, given, FleetSize(16, changed_since=100 - stood), capacity, None)
    assert memory.busiest == pytest.approx(busiest)


def test_the_shortest_latency_is_forgotten_in_days() -> None:
    memory, size = Probing(), FleetSize(16)
    for time, latency in ((0.0, 0.1), (5.0, 0.06), (10.0, 0.12)):
        line = CALM | {"latency_mean_seconds": latency}
        observe_busiest(memory, seen(time, **line), size, CAPACITY, None)
    assert memory.shortest_seconds == pytest.approx(0.06, rel=1e-3)
    observe_busiest(memory, seen(2 * 86_400.0, **line), size, CAPACITY, None)
    assert memory.shortest_seconds == 0.12


@pytest.mark.parametrize(
    ("busy", "slots"),
    [
        pytest.param(Busy(100.0, 16, 16, throughput=800.0), 3, id="all that 16 replicas can"),
        pytest.param(Busy(100.0, 12, 16, throughput=800.0), 1, id="some came meanwhile"),
        pytest.param(Busy(100.0, 16, 16, 800.0, shared=False), 1, id="and have nothing to do"),
        pytest.param(None, 1, id="nothing waits"),
    ],
)
def test_slots_that_replicas_were_seen_to_fill(busy: Busy | None, slots: float) -> None:
    memory = Probing()
    observe_busiest(memory, seen(100.0, **CALM), FleetSize(16), CAPACITY, busy)
    observe_busiest(memory, seen(105.0, **CALM), FleetSize(16), CAPACITY, None)
    assert memory.slots == pytest.approx(slots)


@pytest.mark.parametrize(
    ("memory", "replicas"),
    [
        pytest.param(Probing(busiest=1.5), 15, id="a tenth more each"),
        pytest.param(Probing(), 30, id="one slot each, at the target"),
        pytest.param(Probing(busiest=0.2), 30, id="which every replica has"),
        pytest.param(Probing(busiest=1.5, slots=3.0), 10, id="three were seen in use"),
    ],
)
def test_how_far_replicas_may_go(memory: Probing, replicas: int) -> None:
    assert probing_replicas(memory, 400, CAPACITY, 0.8) == replicas


def _after_a_minute(state: State, rules: dict[str, Any], line: dict[str, Any]) -> Decision:
    """Eight of the sixteen replicas would do, of four slots each."""
    given = CALM | {"service_seconds": None, "in_flight": 24} | line
    for tick in range(14):
        decision = decide(policy(hold_seconds=30, **rules), state, seen(5.0 * tick, **given))
    return decision


@pytest.mark.parametrize(
    ("changes", "rules", "line", "tried"),
    [
        pytest.param({}, {}, {}, True, id="all are in progress"),
        pytest.param({}, {"concurrency_per_replica": 4}, {}, False, id="slots are given"),
        pytest.param({}, {}, {"queue_depth": 0}, False, id="the waiting are told"),
        pytest.param({"in_flight": InFlight(counts_waiting=True)}, {}, {}, True, id="as a part"),
        pytest.param(
            {"slowdown": Slowdown(idle_seconds=0.05, per_request=0.01)}, {}, {}, False, id="by load"
        ),
        pytest.param({}, {}, {"latency_mean_seconds": None}, False, id="latencies unknown"),
    ],
)
def test_where_it_is_tried(
    changes: dict[str, Any], rules: dict[str, Any], line: dict[str, Any], tried: bool
) -> None:
    state = State(capacity=CAPACITY, **changes)
    decision = _after_a_minute(state, {"concurrency_per_replica": None} | rules, line)
    assert (decision.replicas == 16) is tried, decision.message
    assert (decision.held or "").endswith("is tried a little at a time") is tried
