"""Metrics that tell of the past: scrapes, ingestion and queries of a managed Prometheus."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.ceiling import Ceiling, observe_moment
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.lateness import Lateness, OfReplicas, of_which_replicas
from bytebridge.scaling.law import decide
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from bytebridge.scaling.throughput import Glance
from unit.scaling.build import policy, seen

SLOTS, SERVICE, TICK, STARTUP = 2.0, 0.06, 5.0, 30.0
RULES = policy(concurrency_per_replica=SLOTS, target_utilization=0.95, hold_seconds=30)


@dataclass
class Fluid:
    """A service whose metrics are late; requests flow."""

    late: float
    tells_in_flight: bool
    shared_slots: float = 1e9
    """Slots that something behind all replicas has."""
    desired: int = 5
    ready: int = 5
    waiting: float = 0.0
    asked: list[tuple[float, int]] = field(default_factory=list)
    told: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    state: State = field(default_factory=State)

    def pass_tick(self, time: float, rate: float) -> Decision:
        self.asked = [(at, n) for at, n in self.asked if n > self.ready]
        self.ready = max([self.ready, *(n for at, n in self.asked if time - at >= STARTUP)])
        could = min(self.ready * SLOTS, self.shared_slots) / SERVICE
        self.waiting = max(0.0, self.waiting + (rate - could) * TICK)
        busy = self.ready * SLOTS if self.waiting else rate * SERVICE
        slowed = max(1.0, busy / self.shared_slots)
        metrics: dict[str, Any] = {"fast": rate, "queue_depth": self.waiting}
        metrics["service_seconds"] = SERVICE * slowed
        if self.tells_in_flight:
            metrics["in_flight"] = busy
        self.told.append((time, metrics))
        told = [metrics for at, metrics in self.told if at <= time - self.late]
        given = told[-1] if told else self.told[0][1]
        replicas = {"desired": self.desired, "ready": min(self.ready, self.desired)}
        decision = decide(RULES, self.state, seen(time, **replicas, **given))
        if decision.replicas > self.desired:
            self.asked.append((time, decision.replicas))
        self.desired = decision.replicas
        self.ready = min(self.ready, self.desired)
        return decision


@pytest.mark.parametrize("tells_in_flight", [True, False])
@pytest.mark.parametrize("late", [0.0, 10.0, 15.0, 30.0])
def test_replicas_that_metrics_know_nothing_of_yet_are_not_said_to_be_of_no_use(
    late: float, tells_in_flight: bool
) -> None:
    service = Fluid(late, tells_in_flight)
    for tick in range(72):
        time = tick * TICK
        before = service.desired
        decision = service.pass_tick(time, 100.0 if time < 120 else 600.0)
        assert decision.reason is not Reason.BOTTLENECK_ELSEWHERE, time
        if time >= 120 and service.waiting > service.ready * SLOTS:
            assert decision.replicas >= min(before, 19), "600/s keep 36 slots busy"
    assert service.waiting == 0


@pytest.mark.parametrize("late", [0.0, 10.0, 15.0, 30.0])
def test_how_late_metrics_are_is_learned(late: float) -> None:
    service = Fluid(late, tells_in_flight=True)
    for tick in range(72):
        service.pass_tick(tick * TICK, 100.0 if tick < 24 else 600.0)
    assert service.state.lateness.seconds == pytest.approx(late, abs=TICK)
    assert service.state.lateness.since is None


@pytest.mark.parametrize(
    ("changed", "in_flight", "queue", "late", "seconds"),
    [
        pytest.param(0, [10, 10, 40, 52], [900] * 4, [True, True, True, False], 15, id="late"),
        pytest.param(0, [42, 52], [900] * 2, [False, False], 0, id="four fifths are all"),
        pytest.param(0, [10, 52], [52] * 2, [False, False], 0, id="a queue that any service has"),
        pytest.param(0, [10, None, 52], [900] * 3, [True, False, False], 0, id="not known"),
        pytest.param(0, [10, 10, 52], [900, 0, 900], [True, False, False], 0, id="nothing waits"),
        pytest.param(-20, [10, 52], [900] * 2, [True, False], 0, id="long after replicas came"),
        pytest.param(0, [10] * 13 + [52], [900] * 14, [True] * 13 + [False], 0, id="too long"),
    ],
)
def test_readings_of_fewer_replicas(
    changed: float,
    in_flight: list[float | None],
    queue: list[float],
    late: list[bool],
    seconds: float,
) -> None:
    memory, size, found = Lateness(), FleetSize(26, changed_since=changed), []
    for tick, (busy, waiting) in enumerate(zip(in_flight, queue, strict=True)):
        given = seen(TICK * tick, desired=26, queue_depth=waiting, in_flight=busy)
        found.append(of_which_replicas(memory, given, Capacity(SLOTS, SERVICE), size))
    assert [whose is OfReplicas.EARLIER for whose in found] == late
    assert memory.seconds == seconds


def test_replicas_that_came_since_the_decision_before_are_not_expected_yet() -> None:
    given = seen(0.0, desired=26, queue_depth=900, in_flight=10)
    known = Capacity(SLOTS, SERVICE)
    assert of_which_replicas(Lateness(), given, known, FleetSize(5)) is OfReplicas.PRESENT
    assert of_which_replicas(Lateness(), given, known, FleetSize(26)) is OfReplicas.EARLIER


@pytest.mark.parametrize(
    ("size", "whose"),
    [
        pytest.param(FleetSize(26, changed_since=31.0), OfReplicas.UNCERTAIN, id="metrics be late"),
        pytest.param(FleetSize(26, changed_since=30.0), OfReplicas.PRESENT, id="not by as much"),
        pytest.param(FleetSize(5), OfReplicas.UNCERTAIN, id="they are Ready now"),
    ],
)
def test_replicas_that_nothing_tells_the_slots_in_use_of(
    size: FleetSize, whose: OfReplicas
) -> None:
    given = seen(60.0, desired=26, queue_depth=900)
    assert of_which_replicas(Lateness(), given, Capacity(SLOTS, SERVICE), size) is whose


@pytest.mark.parametrize(
    ("time", "seconds"),
    [pytest.param(86_400.0, 20.0, id="a day"), pytest.param(86_401.0, 0.0, id="and a second")],
)
def test_what_was_not_seen_for_a_day_is_forgotten(time: float, seconds: float) -> None:
    assert Lateness(20.0, seen_at=0.0).expected(time) == seconds


def test_a_ramp_is_foreseen_by_as_much_earlier() -> None:
    floors = []
    for seconds in (0.0, 20.0):
        state = State(lateness=Lateness(seconds))
        for tick in range(13):
            given = seen(TICK * tick, fast=100.0 + 25.0 * tick, slow=100.0 + 20.0 * tick)
            decision = decide(RULES, state, given)
        floors.append(decision.floors["forecast"])
    assert floors[1] - floors[0] == pytest.approx(20 * 5 * SERVICE / SLOTS / 0.95, abs=1)


@pytest.mark.parametrize(
    ("tells_in_flight", "late", "seconds"),
    [
        pytest.param(True, 0.0, 15, id="at once where requests in flight are those of all"),
        pytest.param(True, 15.0, 30, id="late by as much"),
        pytest.param(False, 0.0, 70, id="after a time where they are not known"),
    ],
)
def test_a_full_database_is_still_found(tells_in_flight: bool, late: float, seconds: float) -> None:
    service = Fluid(late, tells_in_flight, shared_slots=24.0)
    found = None
    for tick in range(60):
        time = tick * TICK
        decision = service.pass_tick(time, 100.0 if time < 120 else 600.0)
        if decision.reason is Reason.BOTTLENECK_ELSEWHERE and found is None:
            found = time
    assert found is not None
    assert found - (120 + STARTUP) <= late + seconds


@pytest.mark.parametrize("of_those_ready", [False, True])
def test_readings_that_may_be_of_fewer_replicas_say_nothing_of_a_ceiling(
    of_those_ready: bool,
) -> None:
    memory, backlog = Ceiling(), 5000.0
    for tick, ready in enumerate([5] * 10 + [60] * 8):
        backlog += 5 * (600.0 - min(600.0, ready * 30.0))
        glance = Glance(5.0 * tick, ready, backlog, 600.0, of_those_ready=of_those_ready)
        observe_moment(memory, glance, SLOTS, 15.0)
    assert (memory.useful_replicas is not None) is of_those_ready
