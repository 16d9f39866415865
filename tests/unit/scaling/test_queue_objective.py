"""Workers behind a queue: every combination of what is asked for and what is known."""

from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.law import decide
from bytebridge.scaling.needs import Startup, compute_needs
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen

NO_LATENCY: dict[str, Any] = {"latency_seconds": None, "min_replicas": 0, "hold_seconds": 60}
DEPTH = policy(depth_per_replica=20, **NO_LATENCY)
DRAIN = policy(drain_seconds=60, concurrency_per_replica=1, **NO_LATENCY)
DEPTH_AND_LATENCY = policy(depth_per_replica=20, min_replicas=0, hold_seconds=60)
DRAIN_AND_LATENCY = policy(drain_seconds=60, min_replicas=0, hold_seconds=60)
WORKERS = {
    "depth": DEPTH,
    "drain": DRAIN,
    "depth and latency": DEPTH_AND_LATENCY,
    "drain and latency": DRAIN_AND_LATENCY,
}
every_worker = pytest.mark.parametrize("rules", list(WORKERS.values()), ids=list(WORKERS))


@pytest.mark.parametrize(
    ("rules", "observation", "replicas", "reason"),
    [
        # One second of work a message, one at a time a replica: one message a second each.
        (DEPTH, seen(queue_depth=0, desired=0), 0, Reason.STEADY),
        (DEPTH, seen(queue_depth=1, desired=0), 1, Reason.BACKLOG),
        (DEPTH, seen(queue_depth=20, desired=1), 1, Reason.STEADY),
        (DEPTH, seen(queue_depth=21, desired=1), 2, Reason.BACKLOG),
        (DEPTH, seen(queue_depth=9_999, desired=1), 100, Reason.MAX_REPLICAS),
        (DEPTH, seen(desired=4), 4, Reason.SIGNALS_UNKNOWN),
        (DEPTH, seen(fast=5, desired=4), 4, Reason.SIGNALS_UNKNOWN),
        (DEPTH, seen(fast=5, queue_depth=40, service_seconds=None, desired=1), 2, Reason.BACKLOG),
        (DRAIN, seen(fast=0, queue_depth=0, desired=0), 0, Reason.STEADY),
        (DRAIN, seen(fast=0, queue_depth=1, desired=0), 1, Reason.BACKLOG),
        (DRAIN, seen(queue_depth=1, desired=0), 1, Reason.SIGNALS_UNKNOWN),
        (DRAIN, seen(fast=0, queue_depth=900, service_seconds=1, desired=0), 30, Reason.BACKLOG),
        (DRAIN, seen(queue_depth=900, service_seconds=1, desired=0), 30, Reason.SIGNALS_UNKNOWN),
        (DRAIN, seen(fast=0, queue_depth=900, service_seconds=None, desired=0), 1,
         Reason.SIGNALS_UNKNOWN),
        (DRAIN, seen(fast=5, desired=4), 4, Reason.SIGNALS_UNKNOWN),
        (DRAIN, seen(fast=0, desired=4), 4, Reason.SIGNALS_UNKNOWN),
        (DEPTH_AND_LATENCY, seen(queue_depth=95, desired=2), 5, Reason.SIGNALS_UNKNOWN),
        (DEPTH_AND_LATENCY, seen(fast=1000, queue_depth=20, desired=19), 20, Reason.UTILIZATION),
        (DEPTH_AND_LATENCY, seen(fast=20, queue_depth=900, desired=44), 45, Reason.BACKLOG),
        (DEPTH_AND_LATENCY, seen(fast=20, desired=9), 9, Reason.SIGNALS_UNKNOWN),
        (DRAIN_AND_LATENCY, seen(fast=1000, queue_depth=0, desired=19), 20, Reason.UTILIZATION),
        (DRAIN_AND_LATENCY, seen(fast=0, queue_depth=60_000, desired=1), 29, Reason.BACKLOG),
    ],
)  # fmt: skip
def test_first_decision(
    rules: Policy, observation: Observation, replicas: int, reason: Reason
) -> None:
    decision = decide(rules, State(), observation)
    assert (decision.replicas, decision.reason) == (replicas, reason), decision.message


@every_worker
@pytest.mark.parametrize("rate", [0.0, None])
@pytest.mark.parametrize("service", [1.0, None])
def test_the_first_message_wakes(rules: Policy, rate: float | None, service: float | None) -> None:
    message = seen(fast=rate, queue_depth=1, service_seconds=service, desired=0)
    assert decide(rules, State(), message).replicas == 1


@every_worker
def test_known_silence_for_the_hold_puts_to_sleep(rules: Policy) -> None:
    desired, slept = _replay(rules, 3, seconds=400, fast=0, queue_depth=0, in_flight=0)
    assert desired == 0
    assert slept is not None
    assert 60 <= slept <= 320


@every_worker
@pytest.mark.parametrize(
    "known",
    [
        pytest.param({"fast": 0, "in_flight": 0}, id="depth unknown"),
        pytest.param({"fast": 0, "queue_depth": 0, "in_flight": 2}, id="messages are in work"),
        pytest.param({}, id="nothing known"),
    ],
)
def test_what_is_not_known_to_be_silent_stays_awake(rules: Policy, known: dict[str, Any]) -> None:
    desired, _ = _replay(rules, 1, seconds=900, **known)
    assert desired == 1


@pytest.mark.parametrize(("depth", "rate"), list(product([0.0, 1.0, None], [0.0, 2.0, None])))
@every_worker
def test_unknown_never_lowers(rules: Policy, depth: float | None, rate: float | None) -> None:
    """Each objective needs its signal; a depth alone needs no rate."""
    desired, _ = _replay(rules, 9, seconds=900, fast=rate, queue_depth=depth)
    may_lower = depth is not None and (rate is not None or rules.depth_suffices)
    assert (desired < 9) == may_lower


@pytest.mark.parametrize("backlog", [300, 3_000, 30_000])
def test_a_backlog_is_worked_off_in_time(backlog: int) -> None:
    """A second a message, one at a time; pods take 30 s; 60 s are promised, and a tick or two."""
    rules = policy(drain_seconds=60, concurrency_per_replica=1, max_replicas=2_000, **NO_LATENCY)
    state, left, desired, ready = State(), float(backlog), 0, 0
    asked: list[tuple[int, int]] = []
    cleared = None
    for time in range(0, 900, 5):
        ready = max((n for at, n in asked if time - at >= 30), default=0)
        ready = min(ready, desired)
        observation = seen(
            time,
            fast=0.0,
            queue_depth=left,
            in_flight=min(left, ready),
            desired=desired,
            ready=ready,
            starting=desired - ready,
            service_seconds=1.0,
        )
        desired = decide(rules, state, observation).replicas
        asked.append((time, desired))
        left = max(0.0, left - 5 * min(ready, desired))
        if left == 0 and cleared is None:
            cleared = time + 5
    assert cleared is not None
    assert 45 <= cleared <= 75
    assert desired == 0


@dataclass
class Batch:
    """Messages that came at once, and the pods that work them off, as a fluid."""

    left: float
    seconds: float
    """Of one message."""
    slots: int
    startup: int = 30
    asked: list[tuple[int, int]] = field(default_factory=lambda: [(-900, 1)])

    def ready(self, time: int, desired: int) -> int:
        """Pods that have started, of those that are asked for."""
        started = max(n for at, n in self.asked if time - at >= self.startup)
        return min(desired, started)

    def work(self, time: int, desired: int, ready: int) -> None:
        """Five seconds pass."""
        self.asked.append((time, desired))
        self.left = max(0.0, self.left - 5 * min(ready, desired) * self.slots / self.seconds)


def _work_off(rules: Policy, batch: Batch, **known: Any) -> list[tuple[float, int]]:
    """What waits, and replicas, every five seconds for 20 minutes; the last arrival is over."""
    state, desired, course = State(), 1, []
    for time in range(0, 1_200, 5):
        ready = batch.ready(time, desired)
        reading = {"fast": 0.0, "queue_depth": batch.left, **known}
        if "in_flight" in reading:
            reading["in_flight"] = min(batch.left, ready * batch.slots)
            reading["queue_depth"] = batch.left - reading["in_flight"]
        given = seen(time, desired=desired, ready=ready, starting=desired - ready, **reading)
        desired = decide(rules, state, given).replicas
        batch.work(time, desired, ready)
        course.append((batch.left, desired))
    return course


def test_a_batch_of_which_nobody_says_how_long_messages_take() -> None:
    """RabbitMQ tells what comes, waits and is not acknowledged; the last message came long ago."""
    rules = policy(drain_seconds=300, concurrency_per_replica=4, **NO_LATENCY)
    course = _work_off(rules, Batch(8_000, 2.0, 4), service_seconds=None, in_flight=None)
    assert course[60][0] == 0, "four a second each: within 300 s by ten or so"
    assert 8 <= max(replicas for _, replicas in course) <= 20


def test_nothing_is_lowered_while_messages_wait_though_slots_are_more() -> None:
    rules = policy(drain_seconds=300, concurrency_per_replica=20, **NO_LATENCY)
    course = _work_off(rules, Batch(2_000, 60.0, 20), service_seconds=60.0)
    most = max(replicas for _, replicas in course)
    assert all(replicas == most for left, replicas in course[20:] if left > 40)
    assert course[60][0] == 0
    assert course[-1][1] == 0


def test_a_queue_that_is_shorter_than_the_slots_is_work_of_a_minute() -> None:
    rules = policy(drain_seconds=300, concurrency_per_replica=20, **NO_LATENCY)
    given = seen(fast=0.0, queue_depth=458, service_seconds=60.0, desired=23)
    capacity, startup = Capacity(slots=20, service_seconds=60.0), Startup(30.0, 30.0)
    assert compute_needs(rules, given, None, capacity, 1.0, startup, waiting=458.0).clearing


@pytest.mark.parametrize(
    ("startup", "replicas"),
    [
        pytest.param(30, 4, id="270 s are left"),
        pytest.param(150, 7, id="half of it"),
        pytest.param(295, 7, id="nearly nothing: late, at a price that is known"),
        pytest.param(600, 7, id="more than all"),
    ],
)
def test_pods_that_start_for_as_long_as_is_promised(startup: int, replicas: int) -> None:
    rules = policy(drain_seconds=300, concurrency_per_replica=1, **NO_LATENCY)
    given = seen(fast=0.0, queue_depth=1_000, service_seconds=1.0, desired=0)
    decision = decide(rules, State(), replace(given, startup_seconds=float(startup)))
    assert decision.replicas == replicas


def _replay(rules: Policy, desired: int, seconds: int, **known: Any) -> tuple[int, int | None]:
    """Replicas at the end, and when they were lowered to zero."""
    state, slept = State(), None
    for time in range(0, seconds, 5):
        desired = decide(rules, state, seen(time, desired=desired, **known)).replicas
        if desired == 0 and slept is None:
            slept = time
    return desired, slept
