"""Decisions, one readable line a case."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from bytebridge.scaling.decision import Decision
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from unit.scaling.build import POLICY, policy, seen


@pytest.mark.parametrize(
    ("rules", "observation", "replicas", "reason"),
    [
        (POLICY, seen(fast=20, queue_depth=0), 2, Reason.STEADY),
        (POLICY, seen(fast=1000, queue_depth=0, desired=19), 20, Reason.UTILIZATION),
        (POLICY, seen(fast=1000, slow=100, queue_depth=0, desired=20), 20, Reason.STEADY),
        (POLICY, seen(fast=1000, slow=100, queue_depth=0, desired=3), 60, Reason.BACKLOG),
        (POLICY, seen(fast=9000, queue_depth=0, desired=90), 100, Reason.MAX_REPLICAS),
        (POLICY, seen(fast=1, desired=1), 2, Reason.MIN_REPLICAS),
        (POLICY, seen(desired=7), 7, Reason.SIGNALS_UNKNOWN),
        (POLICY, seen(desired=200), 100, Reason.SIGNALS_UNKNOWN),
        (policy(max_step_up=0.5), seen(fast=1000, desired=4), 6, Reason.BACKLOG),
        (policy(min_replicas=0), seen(fast=0.5, queue_depth=0, desired=0), 1, Reason.UTILIZATION),
        (policy(min_replicas=0), seen(fast=0, queue_depth=3, desired=0), 1, Reason.WAKE_UP),
        (policy(min_replicas=0), seen(desired=0), 0, Reason.SIGNALS_UNKNOWN),
        (
            policy(depth_per_replica=10, latency_seconds=None),
            seen(queue_depth=95, desired=2),
            10,
            Reason.BACKLOG,
        ),
        (policy(depth_per_replica=10), seen(desired=6), 6, Reason.SIGNALS_UNKNOWN),
        (
            policy(concurrency_per_replica=None),
            seen(fast=50, cpu_utilization=0.9, desired=5, service_seconds=None),
            6,
            Reason.UTILIZATION,
        ),
    ],
    ids=lambda value: str(value.value) if isinstance(value, Reason) else "",
)
def test_first_decision(
    rules: Policy, observation: Observation, replicas: int, reason: Reason
) -> None:
    decision = decide(rules, State(), observation)
    assert (decision.replicas, decision.reason) == (replicas, reason), decision.message


def test_load_that_fell_lowers_replicas_only_after_the_hold() -> None:
    state, desired, lowered_at = State(), 20, None
    for time in range(0, 600, 5):
        decision = decide(POLICY, state, seen(time, fast=20, queue_depth=0, desired=desired))
        if lowered_at is None and decision.replicas < desired:
            lowered_at = time
        desired = decision.replicas
    assert lowered_at is not None
    assert 180 < lowered_at <= 190
    assert desired == 2


def test_one_step_takes_away_no_more_than_its_limit() -> None:
    state, desired, history = State(), 100, [100]
    for time in range(0, 400, 5):
        desired = decide(POLICY, state, seen(time, fast=1, desired=desired)).replicas
        history.append(desired)
    assert all(after >= before // 2 for before, after in pairwise(history))
    assert history[-1] == 2


def test_a_restarted_operator_keeps_what_stands() -> None:
    decision = decide(POLICY, State(), seen(fast=20, queue_depth=0, desired=20))
    assert (decision.replicas, decision.reason) == (20, Reason.SCALE_DOWN_HOLD)
    assert decision.held


def test_blindness_goes_to_the_fallback_only_upwards() -> None:
    rules = policy(fallback_replicas=10)
    state = State()
    low = [decide(rules, state, seen(t, desired=4)).replicas for t in (0, 60, 119, 120)]
    assert low == [4, 4, 4, 10]
    state = State()
    high = [decide(rules, state, seen(t, desired=20)).replicas for t in (0, 60, 120, 600)]
    assert high == [20, 20, 20, 20]


def test_a_sum_over_a_part_of_the_replicas_is_no_reason_to_go_down() -> None:
    state = State()
    for time in range(0, 600, 5):
        observation = seen(time, fast=20, queue_depth=0, desired=20, coverage=0.5)
        decision = decide(POLICY, state, observation)
        assert decision.replicas == 20
    assert decision.reason is Reason.SIGNALS_UNKNOWN


def test_pods_that_are_not_scraped_yet_are_no_missing_knowledge() -> None:
    state = State()
    reasons = []
    for time in range(0, 90, 5):
        coverage = 0.5 if time >= 10 else 1.0
        observation = seen(time, fast=20, queue_depth=0, desired=20, coverage=coverage)
        reasons.append(decide(POLICY, state, observation).reason)
    assert Reason.SIGNALS_UNKNOWN not in reasons[:14], "a minute from when they were Ready"
    assert set(reasons[14:]) == {Reason.SIGNALS_UNKNOWN}


def test_zero_needs_known_silence_for_the_hold() -> None:
    rules, state, desired = policy(min_replicas=0), State(), 3
    for time in range(0, 400, 5):
        decision = decide(rules, state, seen(time, fast=0, queue_depth=0, desired=desired))
        desired = decision.replicas
    assert desired == 0
    woken = decide(rules, state, seen(400, fast=0, queue_depth=1, desired=0))
    assert woken.replicas == 1


def test_series_that_end_take_nothing_away() -> None:
    """Scrapes fail: the fast window is empty at once, the slow one decays for a minute."""
    rules, state = policy(hold_seconds=5), State()
    for time in range(0, 300, 5):
        decide(rules, state, seen(time, fast=1000, slow=1000, queue_depth=0, desired=20))
    found = []
    for age in range(5, 60, 5):
        slow = 1000 * (60 - age) / 60
        gone = seen(300 + age, slow=slow, desired=20, service_seconds=None)
        found.append(decide(rules, state, gone))
    assert {(d.replicas, d.reason) for d in found} == {(20, Reason.SIGNALS_UNKNOWN)}
    back = decide(rules, state, seen(365, fast=1000, slow=1000, queue_depth=0, desired=20))
    assert back.reason is not Reason.SIGNALS_UNKNOWN


def test_a_longer_fast_window_is_used_once_the_shorter_one_stays_away() -> None:
    """Somebody has set a longer scrape interval: no series has ended."""
    rules, state = policy(hold_seconds=5), State()
    for time in range(0, 300, 5):
        decide(rules, state, seen(time, fast=1000, slow=1000, queue_depth=0, desired=20))
    reasons = []
    for time in range(300, 540, 5):
        longer = replace(
            seen(time, queue_depth=0, desired=20).readings,
            requests_per_second={45.0: 1000.0, 180.0: 1000.0},
        )
        observation = replace(seen(time, desired=20), readings=longer)
        reasons.append(decide(rules, state, observation).reason)
    assert reasons[0] is Reason.SIGNALS_UNKNOWN
    assert reasons[-1] is not Reason.SIGNALS_UNKNOWN


@pytest.mark.parametrize(
    ("ready", "backlogs", "last"),
    [
        pytest.param(5, [20_000] * 9, 60, id="those not Ready that were asked for too much go"),
        pytest.param(80, [70_000, 48_300, 26_600, 4_900], 80, id="none that serves goes"),
        pytest.param(100, [80_000, 52_700, 25_300, 2_000], 100, id="fewer would take long for it"),
        pytest.param(100, [80_000, 52_700, 25_300, 1_500], 50, id="or not"),
    ],
)
def test_a_backlog_keeps_what_serves(ready: int, backlogs: list[float], last: int) -> None:
    """A backlog that sixty replicas clear in time, with a hundred asked for."""
    state, desired, replicas = State(), 5, 5
    for tick, backlog in enumerate(backlogs):
        counts = {"desired": desired, "ready": min(ready, desired)}
        starting = desired - counts["ready"]
        line = seen(5.0 * tick, fast=1000, queue_depth=backlog, starting=starting, **counts)
        replicas = decide(POLICY, state, line).replicas
        desired = 100
    assert replicas == last


def test_what_a_ramp_asked_for_outlasts_a_reading_that_hides_it() -> None:
    """Twelve requests a second more each tick, then a tick without."""
    state, desired, asked = State(), 20, 0
    for tick in range(30):
        rate = 400.0 + 20 * min(tick, 26)
        line = seen(5.0 * tick, fast=rate, slow=rate - 90, queue_depth=0, desired=desired)
        desired = decide(POLICY, state, line).replicas
        asked = max(asked, desired) if tick <= 26 else asked
    assert desired >= asked


@pytest.mark.parametrize("found", [0, 66])
def test_a_backlog_behind_a_full_database_keeps_only_what_helps(found: int) -> None:
    """Thirty replicas reach the 800 requests a second that the database can."""
    state, desired, history = State(), 66, []
    state.found = found
    state.ceiling.throughput, state.ceiling.best_each, state.ceiling.since = 800.0, 66.7, -100.0
    for tick in range(4):
        line = seen(5.0 * tick, fast=600, queue_depth=10_000 - 1000 * tick, desired=desired)
        desired = decide(POLICY, state, line).replicas
        history.append(desired)
    assert history == [33, 16, 15, 15]


def test_a_small_step_down_by_the_cpu_alone() -> None:
    """Slots are given and nothing tells how long requests take: no queueing can be reckoned."""
    rules, state = policy(hold_seconds=5), State()
    for time in range(0, 30, 5):
        line = seen(time, fast=100, desired=10, cpu_utilization=0.7, service_seconds=None)
        decision = decide(rules, state, line)
    assert decision.replicas == 10
    calm = seen(30, fast=100, desired=11, cpu_utilization=0.65, service_seconds=None)
    assert decide(rules, state, calm).replicas == 10


@pytest.mark.parametrize(
    ("slots", "line", "seconds"),
    [
        pytest.param(4, {"service_seconds": 0.06}, 60, id="measured: the load alone may vary"),
        pytest.param(4, {"latency_mean_seconds": 0.06}, 300, id="by latencies: they may as well"),
        pytest.param(
            4, {"latency_mean_seconds": 0.06, "latency_p95_seconds": 0.16}, 60, id="with room"
        ),
        pytest.param(None, {"service_seconds": 0.06}, 300, id="by slots that were seen busy"),
    ],
)
def test_a_small_step_down_is_certain_by_what_is_measured_only(
    slots: float | None, line: dict[str, Any], seconds: int
) -> None:
    """Of twenty-one replicas twenty would do for a load three deviations higher, too."""
    rules, state, desired = policy(hold_seconds=60, concurrency_per_replica=slots), State(), 21
    calm: dict[str, Any] = {"service_seconds": None, "queue_depth": 0, "latency_p95_seconds": 0.17}
    for time in range(0, 600, 5):
        rate = 1040.0 if time < 120 else 970.0
        given = seen(time, fast=rate, in_flight=4.0 * desired, desired=desired, **calm | line)
        decision = decide(rules, state, given)
        if decision.replicas < desired:
            break
        desired = decision.replicas
    assert time == pytest.approx(120 + seconds, abs=10)


def test_what_stands_stays_until_it_is_known_how_bursty_the_load_is() -> None:
    """Another operator takes over: it would take a bursty load for a steady one after a minute."""
    rules, state, course = policy(hold_seconds=60), State(), dict[int, Decision]()
    for time in range(0, 120, 5):
        desired = course[time - 5].replicas if course else 13
        line = seen(time, fast=100.0 + time % 2, queue_depth=0, desired=desired)
        course[time] = decide(rules, state, line)
    assert course[80].replicas == 13
    assert course[80].held == "3 would do; how bursty the load is, is not known yet"
    assert course[90].replicas < 13


def test_a_surplus_goes_although_it_is_not_known_how_bursty_the_load_is() -> None:
    """Thirteen were found; a hundred were asked for since then."""
    rules, state = policy(hold_seconds=0, max_step_down=1.0), State()
    decide(rules, state, seen(0.0, fast=200.0, queue_depth=0, desired=13))
    decision = decide(rules, state, seen(5.0, fast=200.0, queue_depth=0, desired=100))
    assert decision.replicas == 13


def test_what_its_execution_adds_is_said_last() -> None:
    decision = decide(POLICY, State(), seen(fast=20, queue_depth=0))
    assert decision.message.endswith("keep 2 replicas: the replicas fit the load.")
    assert decision._replace(note="set by hand").message == f"{decision.message}; set by hand"
