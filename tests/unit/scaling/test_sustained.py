"""Latencies that are missed while slots are idle, as behind a balancer that does not look."""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import ceil
from typing import Any

import pytest

from bytebridge.scaling.bottleneck import Bottleneck, Experiment
from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.ceiling import Ceiling
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from bytebridge.scaling.sustained import (
    Measurement,
    Sustained,
    learn_sustained,
    missed_in_vain,
)
from bytebridge.scaling.usefulness import learn_from_latency
from unit.scaling.build import policy, seen

CAPACITY = Capacity(slots=2.0, service_seconds=0.06)
SLO = 0.2
RULES = policy(concurrency_per_replica=2, hold_seconds=60, target_utilization=0.9)


def _learn(
    memory: Sustained, given: Observation, size: FleetSize, capacity: Capacity = CAPACITY
) -> None:
    size.observe(given.time, given.replicas.ready)
    learn_sustained(memory, given, size, capacity, SLO)


def _learned(memory: Sustained, seconds: int = 160, **changes: Any) -> float | None:
    """After 300 requests/s of 60 ms on 12 replicas of two slots each, three quarters of them busy.

    p95 was 300 ms.
    """
    begin = 0.0 if memory.measured_at is None else memory.measured_at
    line: dict[str, Any] = {"fast": 300, "queue_depth": 15, "desired": 12}
    line |= {"latency_p95_seconds": 0.3} | changes
    capacity = line.pop("capacity", CAPACITY)
    size = FleetSize()
    for time in range(0, seconds, 5):
        _learn(memory, seen(begin + time, **line), size, capacity)
    return memory.limit


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        pytest.param({}, 0.508, id="162 ms of waiting where there is time for 62"),
        pytest.param({"latency_p95_seconds": 0.21}, 0.7176, id="a little late"),
        pytest.param({"latency_p95_seconds": 9.0}, 0.5, id="very late: by a factor of 1.5 at most"),
        pytest.param({"latency_p95_seconds": 0.19}, None, id="in time"),
        pytest.param({"latency_p95_seconds": 0.203}, None, id="late by chance, of 18,000 requests"),
        pytest.param({"fast": 3, "latency_p95_seconds": 0.24}, None, id="or of 180"),
        pytest.param({"latency_p95_seconds": None}, None, id="not known"),
        pytest.param({"fast": None}, None, id="no rate"),
        pytest.param({"fast": 400}, None, id="all slots are busy"),
        pytest.param({"queue_depth": 100}, None, id="a backlog by itself takes as long"),
        pytest.param({"queue_depth": None}, 0.508, id="a queue that nobody tells of"),
        pytest.param({"slow": 200}, None, id="a load that changes"),
        pytest.param({"coverage": 0.8}, None, id="the load of some of the pods"),
        pytest.param({"starting": 2, "ready": 10}, None, id="pods are on their way"),
        pytest.param({"ready": 0}, None, id="no pods"),
        pytest.param({"seconds": 150}, None, id="what passes within a minute is something else"),
        pytest.param(
            {"capacity": CAPACITY._replace(service_seconds=0.09), "fast": 200},
            None,
            id="service takes it all",
        ),
        pytest.param({"capacity": CAPACITY._replace(estimated=True)}, None, id="an estimate"),
        pytest.param({"capacity": Capacity()}, None, id="unknown replicas"),
    ],
)
def test_what_is_sustained(changes: dict[str, Any], limit: float | None) -> None:
    found = _learned(Sustained(), **changes)
    assert found == (limit and pytest.approx(limit, rel=1e-3))


@pytest.mark.parametrize(
    ("busy", "seconds", "limit"),
    [
        pytest.param({"in_flight": 18}, 100, 0.508, id="a quarter of the slots is idle"),
        pytest.param({"in_flight": 18}, 95, None, id="a surge that is about to show looks alike"),
        pytest.param({"in_flight": 23}, 100, None, id="all but one are busy: a minute more"),
        pytest.param({"in_flight_p10": 1.0}, 100, 0.508, id="some replicas have a free slot"),
        pytest.param({"in_flight_p10": 2.0}, 100, None, id="none has: a minute more"),
    ],
)
def test_where_requests_are_seen_to_wait_beside_idle_slots_it_is_learned_sooner(
    busy: dict[str, Any], seconds: int, limit: float | None
) -> None:
    found = _learned(Sustained(), seconds, **busy)
    assert found == (limit and pytest.approx(limit, rel=1e-3))


@pytest.mark.parametrize(
    ("slots", "rate", "latency", "limit"),
    [
        pytest.param(1.0, 150, 0.3, 0.5, id="one slot: the largest step"),
        pytest.param(1.0, 150, 0.22, 0.6811, id="one slot, a little late"),
        pytest.param(0.5, 75, 0.22, 0.6811, id="half of one, for requests that take two"),
        pytest.param(16.0, 2_400, 0.3, 0.675, id="sixteen share what comes: a line is rarer"),
        pytest.param(64.0, 9_600, 0.3, 0.5, id="of sixty-four hardly any waits: as idle slots"),
        pytest.param(64.0, 9_600, 0.22, 0.6694, id="the idle share grows by what is too long"),
    ],
)
def test_the_more_slots_a_replica_has_the_less_it_takes(
    slots: float, rate: float, latency: float, limit: float
) -> None:
    capacity = CAPACITY._replace(slots=slots)
    found = _learned(Sustained(), fast=rate, latency_p95_seconds=latency, capacity=capacity)
    assert found == pytest.approx(limit, rel=1e-3)


def test_where_service_takes_nearly_all_a_fifth_of_the_objective_is_left_to_waiting() -> None:
    """184 of 200 ms: of what is left waiting would be three times too long, by one measurement."""
    slow = CAPACITY._replace(service_seconds=0.08)
    found = _learned(Sustained(), fast=225, latency_p95_seconds=0.24, capacity=slow)
    assert found == pytest.approx(0.6734, rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        pytest.param({"latency_p95_seconds": 0.19}, 0.75, id="in time at more"),
        pytest.param({"latency_p95_seconds": 0.19, "fast": 100}, 0.6, id="in time at less"),
        pytest.param({"latency_p95_seconds": 0.22}, 0.6, id="late at more, which is known"),
        pytest.param({"latency_p95_seconds": 0.22, "fast": 240}, 0.5243, id="late at as much"),
    ],
)
def test_a_limit_that_is_known(changes: dict[str, Any], limit: float) -> None:
    assert _learned(Sustained(limit=0.6), **changes) == pytest.approx(limit, rel=1e-3)


def test_a_restart_forgets_no_limit() -> None:
    memory = Sustained(limit=0.3)
    assert _learned(memory, fast=50, latency_p95_seconds=0.15) == pytest.approx(0.3, rel=1e-3)


CALM: dict[str, Any] = {"fast": 300, "desired": 12, "queue_depth": 0, "latency_p95_seconds": 0.15}
LATE = CALM | {"latency_p95_seconds": 0.3}


@pytest.mark.parametrize(
    ("then", "limit"),
    [
        pytest.param([(200, CALM), (400, LATE)], 0.508, id="late for minutes"),
        pytest.param([(200, CALM), (265, LATE), (400, CALM)], None, id="late for a minute"),
        pytest.param(
            [(200, CALM), (240, CALM | {"queue_depth": 200}), (340, LATE)], None,
            id="late by a backlog of a moment ago",
        ),
        pytest.param(
            [(200, CALM), (240, {"desired": 12}), (340, LATE)], None,
            id="late by what nobody has seen",
        ),
        pytest.param([(200, CALM), (340, None), (420, LATE)], None, id="or by what no line told"),
        pytest.param(
            [(200, CALM), (240, LATE | {"fast": 400}), (540, LATE | {"queue_depth": None})], None,
            id="or by a backlog that no queue tells of, for five minutes",
        ),
        pytest.param(
            [(200, CALM), (240, LATE | {"fast": 400}), (800, LATE | {"queue_depth": None})], 0.508,
            id="not for ever",
        ),
        pytest.param(
            [(200, CALM), (240, LATE), (340, LATE | {"desired": 13})], None, id="other replicas"
        ),
    ],
)  # fmt: skip
def test_what_explains_latencies_otherwise(
    then: list[tuple[int, dict[str, Any] | None]], limit: float | None
) -> None:
    memory, size, time = Sustained(), FleetSize(), 0
    for until, line in then:
        for moment in range(time, until, 5):
            if line is not None:
                _learn(memory, seen(moment, **line), size)
        time = until
    assert memory.limit == (limit and pytest.approx(limit, rel=1e-3))


@pytest.mark.parametrize(
    ("limit", "days", "later"),
    [(0.1, 3.5, 0.165), (0.1, 60, 0.272), (0.6, 60, 1.0)],
)
def test_how_a_limit_is_forgotten(limit: float, days: float, later: float) -> None:
    memory, size = Sustained(limit=limit, measured_at=-days * 86_400), FleetSize()
    for time in range(0, 80, 5):
        _learn(memory, seen(time, **(CALM | {"fast": 30})), size)
    assert memory.limit == pytest.approx(later, rel=1e-2)


@dataclass
class Service:
    """A fleet whose p95 depends on how busy it is, and pods that take 30 s."""

    wait_seconds: float = 0.0535
    """Of the p95, at half of the slots busy."""
    alone_seconds: float = 0.134
    rules: Policy = RULES
    state: State = field(default_factory=State)
    desired: int = 13
    asked: list[tuple[float, int]] = field(default_factory=lambda: [(-60.0, 13)])
    time: float = 0.0

    def run(self, rate: float, seconds: float) -> list[Decision]:
        decisions = []
        end = self.time + seconds
        while self.time < end:
            decisions.append(self._tick(rate))
            self.time += 5
        return decisions

    def _tick(self, rate: float) -> Decision:
        ready = min(self.desired, max(n for at, n in self.asked if self.time - at >= 30))
        busy = min(0.99, rate * 0.06 / (2 * ready))
        observation = seen(
            self.time,
            fast=rate,
            queue_depth=10,
            in_flight=rate * 0.06,
            desired=self.desired,
            ready=ready,
            starting=self.desired - ready,
            latency_p95_seconds=self.alone_seconds + self.wait_seconds * busy / (1 - busy),
        )
        decision = decide(self.rules, self.state, observation)
        self.desired = decision.replicas
        self.asked = [*self.asked[-30:], (self.time, self.desired)]
        return decision


@pytest.mark.parametrize("rate", [150.0, 300.0, 900.0])
def test_the_objective_is_met_without_hunting(rate: float) -> None:
    """In time with 55 % of the slots busy, where nothing else asks for less than 85 %."""
    decisions = Service().run(rate, 3_600)
    enough = rate * 0.06 / 2 / 0.55
    settled = [d.replicas for d in decisions[150:]]
    assert all(enough - 1 <= replicas <= 1.12 * enough + 1 for replicas in settled)
    moves = [after - before for before, after in pairwise(settled) if after != before]
    assert len(moves) <= 1
    assert any(d.reason is Reason.LATENCY_OBJECTIVE for d in decisions)


def test_what_was_learned_holds_for_another_load() -> None:
    service = Service()
    service.run(300.0, 1_200)
    limit = service.state.sustained.limit
    assert limit is not None
    surge = service.run(600.0, 5)[-1]
    assert surge.floors["latency"] >= 600 * 0.06 / 2 / limit


def test_a_forecast_is_met_at_what_is_sustained() -> None:
    """Four requests a second more each second, and half of the slots may be busy."""
    state = State(capacity=CAPACITY._replace(sustained=0.5), sustained=Sustained(limit=0.5))
    for tick in range(20):
        rate = 400.0 + 20 * tick
        rates = {5.0: rate - 10, 15.0: rate - 30, 60.0: rate - 120}
        line = seen(5.0 * tick, desired=60, queue_depth=0)
        line = replace(line, readings=replace(line.readings, requests_per_second=rates))
        decision = decide(RULES, state, line)
    ahead = 750 + 4 * (2.5 + 35)
    assert decision.floors["forecast"] == pytest.approx(ahead * 0.06 / 2 / 0.5, abs=1)


def test_replicas_that_do_not_help_are_given_back_and_it_is_said() -> None:
    """Requests wait for something else: p95 is 230 ms whatever the replicas do."""
    service = Service(wait_seconds=0.0, alone_seconds=0.23)
    tried = service.run(300.0, 1_500)
    assert 13 < max(d.replicas for d in tried) <= ceil(1.5 * 13)
    assert tried[-1].replicas <= 12
    assert tried[-1].reason is Reason.BOTTLENECK_ELSEWHERE
    assert "230 ms" in tried[-1].message
    later = service.run(300.0, 2_000)
    assert max(d.replicas for d in later) <= 12
    again = service.run(300.0, 1_800)
    trial = [d for d in again if d.replicas > 13]
    assert trial, "an hour later it is tried once more"
    assert trial[1].reason is Reason.STEADY


def test_a_trial_in_vain_leaves_the_limit_of_before() -> None:
    """Late with 70 % of the slots busy, where 80 % had been sustained, and as late with half."""
    memory, size, time = Sustained(limit=0.8), FleetSize(), 0
    for rate, seconds in ((280, 160), (200, 80)):
        for _ in range(0, seconds, 5):
            line = seen(time, **(LATE | {"fast": rate}))
            _learn(memory, line, size)
            time += 5
        if rate == 280:
            assert memory.limit == pytest.approx(0.7 / 1.5)
    assert memory.limit == pytest.approx(0.8, rel=1e-3)


@pytest.mark.parametrize(
    ("latency", "objective", "said"),
    [(0.3, SLO, True), (0.19, SLO, False), (None, SLO, False), (0.3, None, False)],
)
def test_when_a_miss_in_vain_is_said(
    latency: float | None, objective: float | None, said: bool
) -> None:
    before, now = Measurement(0.75, 0.3, 18_000), Measurement(0.5, 0.29, 18_000)
    words = missed_in_vain(Sustained(miss=before, useless=now), latency, objective)
    assert bool(words) is said
    assert not words or "290 ms with 50% of the slots busy and 300 ms with 75%" in words


def test_it_is_not_said_of_a_surge_that_replicas_are_added_for() -> None:
    service = Service(wait_seconds=0.0, alone_seconds=0.23)
    service.run(300.0, 1_500)
    surge = service.run(600.0, 5)[-1]
    assert surge.replicas > 20
    assert surge.reason is not Reason.BOTTLENECK_ELSEWHERE


def test_it_is_not_said_for_longer_than_it_holds() -> None:
    service = Service(wait_seconds=0.0, alone_seconds=0.23)
    service.run(300.0, 1_500)
    service.alone_seconds = 0.15
    assert service.run(300.0, 60)[-1].reason is not Reason.BOTTLENECK_ELSEWHERE
    service.alone_seconds = 0.23
    assert service.run(300.0, 5)[-1].reason is not Reason.BOTTLENECK_ELSEWHERE


def test_another_pod_template_is_not_bound_by_what_was_learned() -> None:
    service = Service()
    service.run(300.0, 1_200)
    line = seen(service.time, fast=300, queue_depth=0, desired=service.desired)
    decide(RULES, service.state, replace(line, template_hash="new"))
    assert service.state.capacity.sustained is None
    assert service.state.sustained.limit is None


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(State(ceiling=Ceiling(throughput=300.0, best_each=40.0)), id="known"),
        pytest.param(State(ceiling=Ceiling(suspected=1)), id="suspected"),
        pytest.param(State(bottleneck=Bottleneck(experiment=Experiment(9, 250.0))), id="tried"),
    ],
)
def test_nothing_is_learned_where_replicas_may_not_help(state: State) -> None:
    state.capacity = CAPACITY
    for time in range(0, 300, 5):
        learn_from_latency(RULES, state, seen(time, **LATE))
    assert state.sustained.limit is None


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(State(ceiling=Ceiling(throughput=900.0, best_each=30.0)), id="a ceiling"),
        pytest.param(State(bottleneck=Bottleneck(experiment=Experiment(40, 250.0))), id="a trial"),
    ],
)
def test_with_fewer_than_were_seen_to_help_it_is_learned(state: State) -> None:
    """Twelve stand; what was found with more says nothing of why they are late."""
    state.capacity = CAPACITY
    for time in range(0, 300, 5):
        learn_from_latency(RULES, state, seen(time, **LATE))
    assert state.sustained.limit is not None


def test_where_the_service_time_holds_the_waiting_that_of_a_replica_counts() -> None:
    """The mean latency says that all are busy; with what a replica took before, they are not."""
    state = State(ceiling=Ceiling(throughput=900.0, best_each=33.0))
    state.capacity = CAPACITY._replace(service_seconds=0.085)
    for time in range(0, 300, 5):
        learn_from_latency(RULES, state, seen(time, **LATE | {"service_seconds": None}))
    assert state.sustained.limit is not None


def test_without_a_latency_objective_nothing_is_learned() -> None:
    service = Service(rules=replace(RULES, latency_seconds=None, drain_seconds=60))
    service.run(300.0, 600)
    assert service.state.sustained.limit is None
