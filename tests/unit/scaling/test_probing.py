"""Slots that nobody has counted are relied on a little at a time; one line a case."""

from random import Random
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
from unit.scaling.build import policy, seen, watched

CAPACITY = Capacity(slots=4.0, service_seconds=0.06)
CALM: dict[str, Any] = {"fast": 400, "desired": 16, "latency_mean_seconds": 0.06}
"""Twenty-four are in flight on average, one and a half a replica."""


def _looked(
    deviation: float, *, dispersion: float = 1.0, looks: int = 36, **changes: Any
) -> Probing:
    """After some minutes in which what is in flight varied by so many standard deviations."""
    memory, random = Probing(), Random(1)
    capacity = changes.pop("capacity", CAPACITY)
    in_flight = changes.pop("in_flight", 24)
    since = changes.pop("since", 0.0)
    for look in range(looks):
        given = seen(75.0 + 5 * look, **CALM | changes)
        found = in_flight and random.gauss(in_flight, deviation * in_flight**0.5)
        size = FleetSize(16, changed_since=since)
        observe_busiest(memory, given, found, size, capacity, dispersion, None)
    return memory


@pytest.mark.parametrize(
    ("deviation", "changes", "busiest"),
    [
        pytest.param(1.0, {}, 1.5, id="as Poisson: nothing waits"),
        pytest.param(2.0, {}, 0, id="more: requests wait"),
        pytest.param(2.0, {"dispersion": 4.0}, 1.5, id="as arrivals do"),
        pytest.param(1.0, {"looks": 35}, 0, id="too few looks"),
        pytest.param(0.0, {"in_flight": 4}, 1.5, id="less: a load that has just fallen"),
        pytest.param(1.0, {"since": 5.0}, 0, id="replicas came a look later"),
        pytest.param(
            1.0, {"capacity": CAPACITY._replace(waited_at=5.0)}, 0, id="latencies hold a backlog"
        ),
        pytest.param(1.0, {"latency_mean_seconds": None}, 0, id="latencies unknown"),
        pytest.param(1.0, {"fast": None}, 0, id="no rate"),
        pytest.param(1.0, {"fast": 0}, 0, id="no requests"),
        pytest.param(1.0, {"in_flight": None}, 0, id="nothing tells what is in flight"),
        pytest.param(1.0, {"coverage": 0.8}, 0, id="of some of the pods"),
        pytest.param(1.0, {"desired": 0}, 0, id="no replicas"),
    ],
)
def test_how_much_a_replica_was_seen_to_do(
    deviation: float, changes: dict[str, Any], busiest: float
) -> None:
    assert _looked(deviation, **changes).busiest == pytest.approx(busiest)


def test_looks_begin_anew_when_replicas_come_or_go() -> None:
    memory = _looked(3.0, looks=60)
    size = FleetSize(18, changed_since=400.0)
    for time in range(400, 700, 5):
        given = seen(float(time), **CALM | {"desired": 18})
        observe_busiest(memory, given, 24.0, size, CAPACITY, 1.0, None)
    assert memory.busiest == pytest.approx(24 / 18)


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
    for told in (busy, None):
        observe_busiest(memory, seen(100.0, **CALM), 24, FleetSize(16), CAPACITY, 1.0, told)
    assert memory.slots == pytest.approx(slots)


@pytest.mark.parametrize(
    ("memory", "rate", "replicas"),
    [
        pytest.param(Probing(busiest=1.5), 400, 15, id="a tenth more each"),
        pytest.param(Probing(busiest=1.5), 125, 4, id="or one replica fewer"),
        pytest.param(Probing(busiest=1.5), 75, 3, id="of three none, by what was seen"),
        pytest.param(Probing(), 400, 30, id="one slot each, at the target"),
        pytest.param(Probing(busiest=0.2), 400, 30, id="which every replica has"),
        pytest.param(Probing(busiest=1.5, slots=3.0), 400, 10, id="three were seen in use"),
    ],
)
def test_how_far_replicas_may_go(memory: Probing, rate: float, replicas: int) -> None:
    assert probing_replicas(memory, rate, CAPACITY, 0.8) == replicas


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
    state = watched(capacity=CAPACITY, **changes)
    decision = _after_a_minute(state, {"concurrency_per_replica": None} | rules, line)
    assert (decision.replicas == 16) is tried, decision.message
    assert (decision.held or "").endswith("is tried a little at a time") is tried


@pytest.mark.parametrize(
    ("rules", "scrape_ticks", "looks"),
    [
        pytest.param({}, 1, 14, id="after a minute and a quarter, each reading"),
        pytest.param({}, 2, 7, id="one that tells nothing new is no look"),
        pytest.param({"concurrency_per_replica": 4}, 1, 0, id="slots are given"),
    ],
)
def test_what_is_looked_at(rules: dict[str, Any], scrape_ticks: int, looks: int) -> None:
    state = State()
    for tick in range(29):
        line = CALM | {"service_seconds": None, "in_flight": 20 + tick // scrape_ticks % 7}
        decide(policy(**{"concurrency_per_replica": None} | rules), state, seen(5.0 * tick, **line))
    assert state.probing.looks == looks


def test_an_hour_without_waiting_does_not_hide_that_requests_wait_now() -> None:
    memory, size = Probing(), FleetSize(16, changed_since=0.0)
    for look in range(720):
        observe_busiest(memory, seen(75.0 + 5 * look, **CALM), 24, size, CAPACITY, 1.0, None)
    more = CALM | {"fast": 500}
    for look in range(720, 756):
        in_flight = 48 if look % 3 else 30
        observe_busiest(memory, seen(75.0 + 5 * look, **more), in_flight, size, CAPACITY, 1.0, None)
    assert memory.variance > 5


def test_another_version_is_tried_anew() -> None:
    state = State(probing=Probing(busiest=1.5, slots=3.0), size=FleetSize(16, changed_since=0.0))
    state.forget_template()
    assert (state.probing, state.size) == (Probing(), FleetSize())
