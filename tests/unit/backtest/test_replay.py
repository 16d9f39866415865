"""A replay of recorded signals comes out where the operator itself would have."""

from dataclasses import replace

import pytest

from bytebridge.backtest.findings import findings
from bytebridge.backtest.replay import OwnFleet, Replay, Tick, counterfactual, replay
from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.counter import MOST_TOLD
from bytebridge.scaling.history import Sample
from bytebridge.scaling.observation import Readings, Replicas
from bytebridge.scaling.schedule import Window
from bytebridge.scaling.state import State
from bytebridge.signals.history import Moment
from bytebridge.simulation import profile
from bytebridge.simulation.job import Job, perform
from bytebridge.simulation.scenarios import Scenario
from support.recorded import START, policy, record

RAMP = Scenario(
    "ramp", "a small ramp", profile.surge(30, 200, ramp=120, plateau=300, seconds=1200),
    max_replicas=30,
)  # fmt: skip


def replayed(scenario: Scenario, stood: int) -> Replay:
    return replay(policy(scenario), record(scenario, stood), lambda: None)


@pytest.fixture(scope="module")
def simulated_hours() -> float:
    return perform(Job(RAMP, 0, ("bytebridge",))).outcomes[0].replica_hours


@pytest.mark.parametrize(
    "stood",
    [
        pytest.param(12, id="plenty of replicas stood"),
        pytest.param(
            5, id="too few stood: a backlog was recorded that ByteBridge would not have had"
        ),
    ],
)
def test_the_course_is_that_of_the_operator_itself(stood: int, simulated_hours: float) -> None:
    ticks = replayed(RAMP, stood).ticks
    found = findings(ticks, 5.0, 0.2)
    assert found.own.replica_hours == pytest.approx(simulated_hours, rel=0.2)
    assert found.stood.replica_hours == pytest.approx(stood * found.hours)
    assert found.hours == pytest.approx(1 / 3, rel=0.01)
    assert max(t.queue for t in ticks) < 400
    assert found.own.short_share < 0.2


def test_the_service_is_learned_from_what_was_recorded() -> None:
    learned = replayed(RAMP, 5).learned
    assert learned.slots == 2
    assert learned.service_seconds == pytest.approx(0.06, rel=0.1)
    assert len(learned.saturated) > 12
    assert learned.busiest == pytest.approx(2.0)


def test_gaps_hold_the_replicas_and_count_as_unknown() -> None:
    moments = record(RAMP, 12)
    gap = [Moment(m.time, Readings(), None) if 100 <= i < 160 else m for i, m in enumerate(moments)]
    ticks = replay(policy(RAMP), gap, lambda: None).ticks
    assert len(ticks) == len(moments)
    assert min(t.desired for t in ticks[100:160]) >= ticks[99].desired
    found = findings(ticks, 5.0, 0.2)
    assert found.unknown_share == pytest.approx(62 / len(ticks)), "two before the first rates"
    assert found.hours == pytest.approx((len(ticks) - 60) * 5 / 3600)


def test_a_schedule_opens_by_the_recorded_time() -> None:
    """The record begins at 22:13:20 UTC; pods take 30 s."""
    rules = replace(policy(RAMP), schedule=(Window("late", "20 22 * * *", 60, "UTC", 25),))
    ticks = replay(rules, record(RAMP, 12), lambda: None).ticks
    open_at = START + 400
    before = [t for t in ticks if t.time < open_at - 35]
    within = [t for t in ticks if open_at <= t.time < open_at + 60]
    assert max(t.desired for t in before) < 25
    assert {t.desired for t in within} == {25}
    assert min(t.ready for t in within) == 25


def test_what_came_on_the_days_before_is_foreseen() -> None:
    """Each day at 22:15 UTC the load is tenfold; the ramp of the record begins later."""

    def usual(time: float) -> float:
        return 300.0 if 22.25 <= time % 86_400 / 3_600 < 23 else 30.0

    begin = START // 300 * 300 + 150
    days = [(time, usual(time)) for time in (begin - 300 * n for n in range(4 * 288, 0, -1))]
    moments = [moment for moment in record(RAMP, 12) if moment.time < START + 280]
    foreseen, surprised = (
        replay(policy(RAMP), moments, lambda: None, earlier).ticks[-1].desired
        for earlier in (days, ())
    )
    assert surprised < 5
    assert foreseen == pytest.approx(300 * 0.06 / (2 * 0.9), abs=1)


def test_before_the_first_known_replicas_nothing_is_decided() -> None:
    moments = record(RAMP, 12)
    late = [replace(m, replicas=None) for m in moments[:50]] + moments[50:]
    told: list[int] = []
    ticks = replay(policy(RAMP), late, lambda: told.append(1)).ticks
    assert len(ticks) == len(moments) - 50
    assert len(told) == len(moments)


def test_own_fleet_starts_late_and_stops_the_young_first() -> None:
    fleet = OwnFleet(2, 30.0)
    fleet.scale(5, 0.0)
    fleet.scale(7, 10.0)
    assert fleet.replicas == Replicas(7, 2, 5)
    fleet.advance(30.0)
    assert fleet.replicas == Replicas(7, 5, 2)
    fleet.scale(6, 31.0)
    assert fleet.replicas == Replicas(6, 5, 1)
    fleet.scale(3, 32.0)
    assert fleet.replicas == Replicas(3, 3, 0)
    fleet.advance(100.0)
    assert fleet.replicas == Replicas(3, 3, 0)


READ = Readings(
    {15.0: 50.0, 60.0: 50.0},
    queue_depth=90.0,
    in_flight=4.0,
    in_flight_p10=1.0,
    latency_mean_seconds=3.0,
)
KNOWN = Capacity(2.0, 0.05)


@pytest.mark.parametrize(
    ("readings", "queue", "waiting", "busy"),
    [
        pytest.param(READ, 0.0, 0.0, 2.5, id="with room nothing waits"),
        pytest.param(READ, 7.0, 7.0, 8.0, id="with a queue all slots are busy"),
        pytest.param(replace(READ, queue_depth=None), 7.0, None, 15.0, id="a queue that is hidden"),
        pytest.param(replace(READ, in_flight=None), 7.0, 7.0, None, id="no gauge of the busy"),
    ],
)
def test_signals_as_other_replicas_would_have_left_them(
    readings: Readings, queue: float, waiting: float | None, busy: float | None
) -> None:
    changed = counterfactual(readings, State(capacity=KNOWN), 50.0, (9, 4), queue)
    assert (changed.queue_depth, changed.in_flight) == (waiting, busy)
    assert changed.requests_per_second == readings.requests_per_second
    assert changed.latency_mean_seconds is None
    assert changed.in_flight_p10 is None
    assert changed.completions is None
    assert changed.service_seconds == 0.05


def test_arrivals_in_the_place_of_completions_are_said_to_be_some() -> None:
    sample = Sample(0.0, 50.0, 0.0, told=MOST_TOLD)
    read = replace(READ, completions=True)
    changed = counterfactual(read, State(capacity=KNOWN, sample=sample), 80.0, (9, 4), 0.0)
    assert changed.requests_per_second == {15.0: 80.0, 60.0: 80.0}
    assert changed.completions is False


@pytest.mark.parametrize(
    ("ready", "expected"), [((6, 4), 0.45), ((6, 2), 0.9), ((6, 1), 1.0), ((6, 0), None)]
)
def test_a_cache_is_shared_by_the_replicas(ready: tuple[int, int], expected: float | None) -> None:
    read = replace(READ, kv_cache_utilization=0.3)
    changed = counterfactual(read, State(capacity=KNOWN), 50.0, ready, 0.0)
    found = changed.kv_cache_utilization
    assert found == (None if expected is None else pytest.approx(expected))


def test_completions_become_arrivals() -> None:
    sample = Sample(0.0, 50.0, 90.0, told=1)
    changed = counterfactual(READ, State(capacity=KNOWN, sample=sample), 80.0, (9, 4), 0.0)
    assert changed.requests_per_second == {15.0: 80.0, 60.0: 80.0}


@pytest.mark.parametrize("capacity", [Capacity(), Capacity(2.0, None)])
def test_nothing_is_changed_before_the_service_is_known(capacity: Capacity) -> None:
    assert counterfactual(READ, State(capacity=capacity), 50.0, (9, 4), 7.0) == READ


def tick(
    time: float, arrivals: float | None, stood: int, own: int, load: float, p95: float
) -> Tick:
    return Tick(time, arrivals, Replicas(stood, stood), 0.0, p95, own, own, 0.0, load, 0, 0, "x")


def test_findings_weigh_by_requests() -> None:
    ticks = [
        tick(0.0, 10.0, 2, 3, 1.85, 0.1),
        tick(5.0, 30.0, 2, 3, 1.95, 0.3),
        tick(10.0, 10.0, 4, 3, 2.8, 0.1),
        tick(15.0, None, 3, 2, 0.0, 0.1),
    ]
    found = findings(ticks, 5.0, 0.2)
    assert found.over_share == pytest.approx(0.6)
    assert found.stood.short_share == pytest.approx(0.6)
    assert found.own.short_share == 0.0
    assert (found.stood.changes, found.stood.reversals, found.stood.most) == (2, 1, 4)
    assert found.unknown_share == 0.25
    assert found.own.replica_hours == pytest.approx(11 * 5 / 3600)
    assert findings(ticks, 5.0, None).over_share is None
