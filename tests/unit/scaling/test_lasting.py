"""What of a worker's rate lasts; one line a case."""

import pytest

from bytebridge.scaling.demand import Demand
from bytebridge.scaling.history import Point, Sample
from bytebridge.scaling.lasting import lasting_rate
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.scaling.state import State
from unit.scaling.build import policy

DRAIN = policy(
    latency_seconds=None,
    drain_seconds=300,
    concurrency_per_replica=4,
    min_replicas=2,
    max_replicas=1_000,
)


def _demand(rate: float, newest: list[float | None], *, counted: bool = True) -> Demand:
    points = tuple(
        Point(5.0 * place, each or 0.0, fast=40.0, seconds=5.0, windowed=each)
        for place, each in enumerate(newest)
    )
    sample = Sample(5.0 * (len(newest) - 1), 40.0, 0.0, history=points)
    return Demand(rate, False, False, 40.0, 15.0, None, False, sample, counted=counted)


@pytest.mark.parametrize(
    ("demand", "lasting"),
    [
        pytest.param(None, 0, id="unknown"),
        pytest.param(_demand(100, [100] * 6, counted=False), 0, id="what piles up is in the queue"),
        pytest.param(_demand(100, [100] * 6), 100, id="steady"),
        pytest.param(_demand(100, [100, 100, 92, 110, 100]), 100, id="steady but for chance"),
        pytest.param(_demand(4000, [10, 10, 10, 10, 4000]), 14.2, id="a batch"),
        pytest.param(_demand(333, [10, 10, 4000, 10, 10]), 14.2, id="one that has passed"),
        pytest.param(_demand(100, [10, 100, 100, 100, 100, 100]), 100, id="a step of 20 s"),
        pytest.param(_demand(100, [10, 100, 100, 100]), 14.2, id="a younger one"),
        pytest.param(_demand(100, [100]), 100, id="the first look"),
        pytest.param(_demand(50, [None] * 5), 48.5, id="without a newest rate, the fast window"),
        pytest.param(_demand(5, [0.0] * 5), 0.6, id="nothing came"),
    ],
)
def test_lasting(demand: Demand | None, lasting: float) -> None:
    assert round(lasting_rate(demand), 1) == lasting


def _replay(batch: float) -> list[int]:
    """Replicas where so many come at once after a minute, and ten a second all the time."""
    state, desired, left = State(), 6, 0.0
    course: list[int] = []
    asked = [(-100, desired)]
    for time in range(0, 600, 5):
        ready = min(desired, max(n for at, n in asked if time - at >= 30))
        left = max(0.0, left + 50 + (batch if time == 60 else 0) - 5 * ready * 4 / 2.0)
        rates = {w: 10 + (batch / w if 0 <= time - 60 < w else 0) for w in (5.0, 15.0, 60.0)}
        readings = Readings(
            requests_per_second=rates,
            queue_depth=left,
            in_flight=min(20 + left, 4.0 * ready),
            service_seconds=2.0,
        )
        replicas = Replicas(desired, ready, desired - ready)
        desired = decide(DRAIN, state, Observation(time, readings, replicas)).replicas
        asked.append((time, desired))
        course.append(desired)
    assert left == 0
    return course


def test_a_batch_asks_for_what_drains_it_in_time() -> None:
    """6,000 of two seconds in 270 s, four at once: eleven beside the five of the load."""
    assert 14 <= max(_replay(6_000)) <= 24


def test_no_batch_no_replica_more() -> None:
    assert max(_replay(0)) <= 7
