"""The law on workers behind a queue.

Bounds are what was measured with some room.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bytebridge.api.service import ScalableService
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.law import decide
from bytebridge.scaling.policy import compile_policy
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from bytebridge.scaling.wire import parse_observation
from support.queue_workers import PERIOD, QueueWorkers, Told

PROMISED_SECONDS = 300
MOST = 100

every_exporter = pytest.mark.parametrize("told", list(Told))


def run(
    workers: QueueWorkers, seconds: float, look: Callable[[], None] = lambda: None
) -> list[Decision]:
    """All decisions; before each there is a look."""
    spec = {
        "template": {"spec": {"containers": []}},
        "scaling": {
            "minReplicas": 0,
            "maxReplicas": MOST,
            "concurrencyPerReplica": workers.slots,
            "queue": {"drainSeconds": PROMISED_SECONDS},
        },
    }
    service = ScalableService.model_validate({"metadata": {"name": "ocr"}, "spec": spec})
    policy, state = compile_policy(service, PERIOD), State()
    course = []
    while workers.time < seconds:
        workers.advance()
        look()
        decision = decide(policy, state, parse_observation(json.dumps(workers.observation())))
        workers.scale(decision.replicas)
        course.append(decision)
    return course


def ten(_: float) -> float:
    return 10.0


@every_exporter
def test_a_batch_into_an_idle_queue_is_drained_in_time_and_then_it_sleeps(told: Told) -> None:
    """40,000 s of work, four messages at once: 37 replicas in the 270 s that start-up leaves."""
    workers = QueueWorkers(2.0, 4, told, batch=(300, 20_000))
    course = run(workers, 1_200)
    assert workers.waiting == 0
    assert workers.oldest <= PROMISED_SECONDS
    assert workers.replica_seconds <= 1.7 * 20_000 * 2 / 4
    assert course[-1].replicas == 0


@every_exporter
def test_a_batch_beside_a_load_asks_for_what_drains_it(told: Told) -> None:
    workers = QueueWorkers(2.0, 4, told, ten, (600, 6_000), replicas=6)
    course = run(workers, 1_200)
    assert workers.oldest <= PROMISED_SECONDS
    assert max(decision.replicas for decision in course) <= 24


@every_exporter
def test_pods_stay_for_long_messages_that_they_have_begun(told: Told) -> None:
    """Those that stay have slots for most that are in work: at first short ones alone are done.

    At the end long ones alone are, so that one replica may wait for half an hour for no other.
    """
    workers = QueueWorkers(60.0, 20, told, batch=(300, 2_000))
    in_work: list[int] = []
    course = run(workers, 3_000, lambda: in_work.append(workers.in_work))
    assert workers.waiting == 0
    slots = [20 * decision.replicas for decision in course]
    steps = zip(slots, slots[1:], in_work[1:], strict=False)
    lowered = [(after, n) for before, after, n in steps if after < before]
    assert all(n <= 1.6 * after + 20 for after, n in lowered)
    assert lowered[-1][1] <= 2
    assert course[-1].replicas == 0


@pytest.mark.parametrize("seed", [1, 6, 8])
@every_exporter
def test_messages_that_nobody_takes_ask_for_nothing(told: Told, seed: int) -> None:
    """Some seeds have a message or two waiting when they come."""
    spec: dict[str, Any] = {"rate": ten, "untakeable": (600, 5_000), "replicas": 6, "seed": seed}
    workers = QueueWorkers(2.0, 4, told, **spec)
    course = run(workers, 2_400)
    least = 10 * 2 / 4 * 2_400
    assert workers.replica_seconds <= 2 * least
    reasons = [decision.reason for decision in course[-60:]]
    assert Reason.BOTTLENECK_ELSEWHERE in reasons
    assert "messages wait that nobody takes" in " ".join(d.message for d in course[-60:])
