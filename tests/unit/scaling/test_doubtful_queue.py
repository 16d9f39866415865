"""A gauge of waiting requests in which nobody waits, one line a case."""

from typing import Any

import pytest

from bytebridge.scaling.doubtful_queue import DoubtfulQueue, without_doubtful_queue
from bytebridge.scaling.law import decide
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen

LEAKS: dict[str, Any] = {
    "fast": 300.0,
    "desired": 13,
    "queue_depth": 500.0,
    "in_flight": 18.0,
    "latency_p95_seconds": 0.14,
}


@pytest.mark.parametrize(
    ("changes", "rules", "known"),
    [
        pytest.param({}, {}, False, id="each would wait 1.7 s, and none is late"),
        pytest.param({"queue_depth": 121.0}, {}, False, id="0.4 s each"),
        pytest.param({"queue_depth": 120.0}, {}, True, id="no more than twice the objective"),
        pytest.param({"latency_p95_seconds": 0.21}, {}, True, id="late"),
        pytest.param({"latency_p95_seconds": None}, {}, True, id="latencies are not known"),
        pytest.param({"in_flight": 24.0}, {}, False, id="two of 26 slots are idle"),
        pytest.param({"in_flight": 25.0}, {}, True, id="none is: they may wait elsewhere"),
        pytest.param({"in_flight": None}, {}, True, id="whether slots are idle is not known"),
        pytest.param({"fast": None}, {}, True, id="no rate is known"),
        pytest.param({}, {"drain_seconds": 60}, True, id="the queue has an objective of its own"),
        pytest.param({}, {"latency_seconds": None}, True, id="latencies have none"),
    ],
)
def test_what_is_doubted(changes: dict[str, Any], rules: dict[str, Any], known: bool) -> None:
    memory = DoubtfulQueue()
    for tick in range(16):
        given = seen(5.0 * tick, **{**LEAKS, **changes})
        found = without_doubtful_queue(policy(**rules), memory, given, 2.0)
    assert (found.readings.queue_depth is not None) is known


def test_latencies_have_to_be_of_it() -> None:
    """Their window and what they are late: 75 s."""
    memory, doubted = DoubtfulQueue(), []
    for tick in range(32):
        changes = {"latency_p95_seconds": 0.3} if tick == 15 else {}
        found = without_doubtful_queue(
            policy(), memory, seen(5.0 * tick, **{**LEAKS, **changes}), 2.0
        )
        if found.readings.queue_depth is None:
            doubted.append(5.0 * tick)
    assert doubted == [155.0]


def test_a_gauge_that_leaks_does_not_keep_replicas_for_ever() -> None:
    rules, state, desired = policy(concurrency_per_replica=2, hold_seconds=60), State(), 13
    for tick in range(120):
        leaks = {**LEAKS, "desired": desired, "queue_depth": 3000.0 if tick > 24 else 0.0}
        desired = decide(rules, state, seen(5.0 * tick, **leaks)).replicas
    assert desired <= 13
