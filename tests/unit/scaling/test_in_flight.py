"""Requests in flight of services that tell of no queue, one line a case."""

from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity, learn_capacity
from bytebridge.scaling.ceiling import Ceiling
from bytebridge.scaling.in_flight import InFlight, with_queue_in_flight
from bytebridge.scaling.law import decide
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.state import State
from bytebridge.scaling.throughput import Busy
from bytebridge.scaling.usefulness import learn_from_busy
from unit.scaling.build import policy, seen

KNOWN = Capacity(slots=2.0, service_seconds=0.06)


@pytest.mark.parametrize(
    ("readings", "slots", "queue", "flagged"),
    [
        pytest.param({"in_flight": 900}, 2, 880, True, id="more than are served: they wait"),
        pytest.param({"in_flight": 14}, 2, None, False, id="moments of reading differ"),
        pytest.param({"in_flight": 900, "queue_depth": 5}, 2, 5, False, id="a queue of its own"),
        pytest.param({"in_flight": 900, "fast": 9000}, 2, None, False, id="the load fills slots"),
        pytest.param({"in_flight": 900}, None, None, False, id="slots are not known"),
        pytest.param({"in_flight": 900, "ready": 0}, 2, None, False, id="nothing serves"),
        pytest.param({"in_flight": None}, 2, None, False, id="not exported"),
    ],
)
def test_waiting(
    readings: dict[str, Any], slots: float | None, queue: float | None, flagged: bool
) -> None:
    memory = InFlight()
    given = seen(**{"fast": 100, "desired": 10, "service_seconds": None, **readings})
    found = with_queue_in_flight(memory, given, KNOWN, slots)
    assert (found.readings.queue_depth, memory.counts_waiting) == (queue, flagged)


def test_once_seen_to_hold_the_waiting_it_always_does() -> None:
    memory = InFlight(counts_waiting=True)
    given = seen(fast=100, desired=10, in_flight=7, service_seconds=None)
    readings = with_queue_in_flight(memory, given, KNOWN, 2).readings
    assert (readings.queue_depth, readings.in_flight) == (0.0, None)


@pytest.mark.parametrize(
    ("readings", "late", "slots"),
    [
        pytest.param({"in_flight": 12}, False, 2.4, id="seen busy"),
        pytest.param({"in_flight": 900}, False, 1.5, id="more than the load keeps busy"),
        pytest.param({"in_flight": 12}, True, 1.5, id="late: some may wait"),
        pytest.param({"in_flight": 12, "queue_depth": 0}, True, 2.4, id="none waits"),
        pytest.param({"in_flight": 12, "fast": 300, "slow": 20}, False, 1.5, id="a rise"),
    ],
)
def test_slots_that_waiting_requests_do_not_show(
    readings: dict[str, Any], late: bool, slots: float
) -> None:
    known = Capacity(slots=1.5, service_seconds=0.06)
    given = seen(**{"fast": 100, "desired": 5, "service_seconds": None, **readings})
    assert learn_capacity(known, given, None, late=late).slots == slots


def test_the_first_look_at_a_late_service_finds_one_slot() -> None:
    given = seen(fast=100, desired=5, in_flight=5000, service_seconds=None, latency_mean_seconds=9)
    assert learn_capacity(Capacity(), given, None, late=True).slots == 1.0


def test_a_surge_on_a_service_that_exports_requests_in_progress_only() -> None:
    """A hundred a second, then a thousand; five replicas with two slots of 60 ms serve 167."""
    state, rules = State(), policy(concurrency_per_replica=None)
    latencies: dict[str, Any] = {
        "latency_mean_seconds": 0.06,
        "latency_p95_seconds": 0.12,
        "service_seconds": None,
    }
    replicas, progress = 5, 0.0
    for tick in range(30):
        surging = tick - 24
        rate = 100.0 if surging <= 0 else min(1000.0, 100 + 300.0 * surging)
        progress = 8.0 if surging <= 0 else progress + 5 * (rate - 167)
        given = seen(5.0 * tick, fast=rate, slow=100, desired=5, in_flight=progress, **latencies)
        replicas = decide(rules, state, given).replicas
    assert state.in_flight.counts_waiting
    assert replicas > 34, "a thousand a second keep 60 slots busy"


def test_a_service_time_that_nothing_measures_is_learned_from_busy_replicas() -> None:
    """Ten replicas of two slots serve 200 a second of 300 that come: 100 ms each, not 60."""
    state, rules = State(), policy(concurrency_per_replica=2)
    for tick in range(8):
        waiting = 500.0 * tick if tick > 2 else 0.0
        latency = 0.06 if tick <= 2 else 5.0
        given = seen(
            5.0 * tick,
            fast=300,
            desired=10,
            queue_depth=waiting,
            latency_mean_seconds=latency,
            service_seconds=None,
        )
        decide(rules, state, given)
    assert state.capacity.service_seconds == pytest.approx(0.1)


def test_a_service_that_is_seen_late_first_is_given_replicas() -> None:
    late: dict[str, Any] = {"latency_mean_seconds": 9.0, "latency_p95_seconds": 20.0}
    given = seen(fast=100, desired=5, in_flight=5000, service_seconds=None, **late)
    decision = decide(policy(concurrency_per_replica=None), State(), given)
    assert decision.signals["slotsPerReplica"] == 1.0
    assert decision.replicas == 100


BUSY = Busy(time=60.0, fewest=10, most=10, throughput=200.0)
"""Twenty a second each: two slots of 100 ms, or 1.2 of 60 ms."""
GIVEN, LEARNED = policy(concurrency_per_replica=2), policy(concurrency_per_replica=None)


@pytest.mark.parametrize(
    ("rules", "ceiling", "changes", "expected"),
    [
        pytest.param(GIVEN, {}, {}, (2, 0.1), id="slots are given: they take longer"),
        pytest.param(GIVEN, {}, {"service_seconds": 0.06}, (2, 0.06), id="it is measured"),
        pytest.param(GIVEN, {"throughput": 180.0}, {}, (2, 0.06), id="a full database"),
        pytest.param(LEARNED, {}, {}, (1.2, 0.06), id="slots are learned: they are fewer"),
        pytest.param(LEARNED, {}, {"counts_waiting": False}, (2, 0.1), id="a gauge tells them"),
        pytest.param(
            LEARNED, {}, {"counts_waiting": False, "in_flight": None}, (2, 0.06), id="nothing does"
        ),
        pytest.param(LEARNED, {"throughput": 180.0}, {}, (2, 0.06), id="nor of a full database"),
        pytest.param(LEARNED, {}, {"estimated": True}, (2, 0.06), id="an estimate tells nothing"),
        pytest.param(
            LEARNED, {"busy": BUSY._replace(throughput=400.0)}, {}, (2, 0.06), id="never more"
        ),
        pytest.param(
            LEARNED, {"busy": BUSY._replace(throughput=20.0)}, {}, (1, 0.06), id="one at least"
        ),
        pytest.param(LEARNED, {"busy": BUSY._replace(fewest=8)}, {}, (2, 0.06), id="replicas came"),
        pytest.param(
            LEARNED, {"busy": BUSY._replace(shared=False)}, {}, (2, 0.06), id="and have none of it"
        ),
    ],
)
def test_what_busy_replicas_tell(
    rules: Policy, ceiling: dict[str, Any], changes: dict[str, Any], expected: tuple[float, float]
) -> None:
    state = State(
        ceiling=Ceiling(**{"busy": BUSY, "best_each": 33.0, **ceiling}),
        in_flight=InFlight(changes.get("counts_waiting", True)),
        capacity=KNOWN._replace(estimated=changes.get("estimated", False)),
    )
    service, in_flight = changes.get("service_seconds"), changes.get("in_flight", 20)
    learn_from_busy(rules, state, seen(service_seconds=service, in_flight=in_flight))
    found = (state.capacity.slots, state.capacity.service_seconds)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("readings", "busy"),
    [
        pytest.param({}, True, id="nobody tells of single replicas"),
        pytest.param({"in_flight_p10": 90.0}, True, id="requests wait at all of them"),
        pytest.param({"in_flight_p10": 0.0}, False, id="some are idle"),
        pytest.param(
            {"in_flight": 20, "queue_depth": 880, "in_flight_p10": 0.0},
            True,
            id="the waiting are not among them",
        ),
    ],
)
def test_what_single_replicas_have_tells_whether_all_are_busy(
    readings: dict[str, Any], busy: bool
) -> None:
    state = State()
    for time in (0.0, 5.0, 10.0, 15.0):
        told = {"in_flight": 900.0, "latency_mean_seconds": 0.06, **readings}
        line = seen(time, fast=300 + time, desired=10, service_seconds=None, **told)
        decide(policy(concurrency_per_replica=2), state, line)
    assert (state.ceiling.busy is not None) is busy


def test_a_service_time_that_nothing_measures_takes_nothing_from_what_is_served() -> None:
    """It may be that of more replicas, which have been slower before a database that is full."""
    state = State()
    state.capacity = Capacity(slots=2.0, service_seconds=0.24, template_hash=None)
    for tick in range(5):
        line = seen(5.0 * tick, fast=300, desired=10, in_flight=900.0 + tick, service_seconds=None)
        decide(policy(concurrency_per_replica=2), state, line)
    assert state.ceiling.busy is not None
    assert state.ceiling.busy.throughput == pytest.approx(300, rel=0.05)


@pytest.mark.parametrize(
    ("told", "counter", "learned"),
    [
        pytest.param({"in_flight": True}, 0, False, id="a gauge of all: either may be so"),
        pytest.param(
            {"queue_depth": True}, -1, True, id="a queue and a service time of their own: arrivals"
        ),
    ],
)
def test_a_moderate_surge_where_service_times_hold_waiting_teaches_nothing_wrong(
    told: dict[str, bool], counter: int, learned: bool
) -> None:
    """Ten replicas are thought to serve 263 a second; 350 are counted while 200 more pile up."""
    state = State(in_flight=InFlight(counts_waiting="in_flight" in told))
    state.capacity = Capacity(slots=2.0, service_seconds=0.076)
    for tick in range(6):
        waiting = 100.0 + 1_000.0 * tick
        gauges: dict[str, Any] = {n: waiting + 20.0 * (n == "in_flight") for n in told}
        service = None if "in_flight" in told else 0.076
        line = seen(5.0 * tick, fast=350, desired=10, service_seconds=service, **gauges)
        decide(policy(concurrency_per_replica=2), state, line)
    assert state.sample is not None
    assert (state.sample.told > 0) - (state.sample.told < 0) == counter
    assert (state.ceiling.busy is not None) is learned
