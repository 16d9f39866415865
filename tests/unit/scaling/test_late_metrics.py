"""Metrics that tell of the past: scrapes, ingestion and queries of a managed Prometheus."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bytebridge.scaling.ceiling import Ceiling, observe_moment
from bytebridge.scaling.decision import Decision, Reason
from bytebridge.scaling.law import decide
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


@pytest.mark.parametrize(
    ("ticks", "found"),
    [
        pytest.param(5, False, id="half a minute after replicas came"),
        pytest.param(8, True, id="later"),
    ],
)
def test_readings_that_nothing_confirms_count_once_they_must_be_of_those_ready(
    ticks: int, found: bool
) -> None:
    memory, backlog = Ceiling(), 5000.0
    for tick, ready in enumerate([5] * 10 + [60] * ticks):
        backlog += 5 * (600.0 - min(600.0, ready * 30.0))
        glance = Glance(5.0 * tick, ready, backlog, 600.0, confirmed=False)
        observe_moment(memory, glance, SLOTS, 15.0)
    assert (memory.useful_replicas is not None) is found
