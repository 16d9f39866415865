"""Pods that their limit of CPU makes the slower the busier they are, as recorded on a real cluster.

Two became four in a ramp from 6 to 60 requests/s and stayed so for half a minute, while a hundred
requests waited: what the pods had not had to do before was taken for a database that is full.
"""

import pytest

from bytebridge.scaling.decision import Decision
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen

RULES = policy(
    latency_seconds=0.5, concurrency_per_replica=1, min_replicas=2, max_replicas=10,
    startup_seconds=10, hold_seconds=30,
)  # fmt: skip
RECORDED = [
    # time, pods, requests/s of 15 and 60 s, waiting, served, mean service and p95 seconds of 60 s
    (5, 2, 4.4, 1.1, 0, 0, 0.016, 0.11),
    (10, 2, 5.7, 1.4, 0, 1, 0.016, 0.06),
    (15, 2, 5.6, 1.9, 0, 0, 0.017, 0.06),
    (20, 2, 10.5, 3.3, 0, 0, 0.015, 0.06),
    (25, 2, 16.5, 4.9, 0, 1, 0.016, 0.08),
    (30, 2, 21.5, 7.1, 0, 0, 0.018, 0.08),
    (35, 2, 28.0, 9.8, 10, 2, 0.023, 0.24),
    (40, 2, 33.1, 12.8, 12, 2, 0.031, 0.67),
    (45, 2, 34.4, 15.7, 52, 2, 0.036, 0.8),
    (50, 3, 34.5, 18.7, 60, 3, 0.039, 1.77),
    (55, 3, 44.1, 24.0, 69, 3, 0.042, 2.05),
    (60, 3, 49.9, 28.3, 137, 2, 0.045, 2.33),
    (65, 4, 51.1, 32.7, 131, 4, 0.046, 2.73),
    (70, 4, 60.7, 39.0, 119, 3, 0.048, 2.83),
    (75, 4, 63.1, 43.1, 108, 4, 0.051, 2.84),
    (80, 4, 62.8, 46.9, 95, 2, 0.052, 2.83),
    (85, 4, 61.8, 49.9, 91, 4, 0.054, 2.82),
    (90, 4, 63.0, 52.8, 47, 4, 0.054, 2.81),
    (95, 4, 63.9, 55.0, 22, 2, 0.054, 2.8),
    (100, 4, 63.8, 57.7, 10, 3, 0.052, 2.79),
    (105, 4, 49.8, 57.6, 0, 0, 0.051, 2.79),
]


def test_busy_pods_are_relieved() -> None:
    decisions = _replay()
    assert all(d.reason is not Reason.BOTTLENECK_ELSEWHERE for d in decisions)
    asked = {d.time: d.replicas for d in decisions}
    assert all(asked[time] >= 5 for time in (65, 70, 75))
    assert all(asked[time] >= 6 for time in (80, 85, 90))


@pytest.mark.parametrize(
    ("fast_service", "replicas"),
    [(None, 2), (0.016, 2), (0.048, 5)],
    ids=["unknown", "as before", "three times as long"],
)
def test_the_fast_window_is_followed(fast_service: float | None, replicas: int) -> None:
    """A minute's mean still says 16 ms; 60/s x 48 ms = 2.9 slots, and their root for bursts."""
    state, decision = State(), None
    for time in range(0, 65, 5):
        rate = 60.0 if time == 60 else 55.0
        longer = fast_service if time == 60 else None
        observation = seen(
            time, fast=rate, queue_depth=0, service_seconds=0.016, fast_service_seconds=longer
        )
        decision = decide(RULES, state, observation)
    assert decision is not None
    assert decision.replicas == replicas
    assert decision.signals["serviceSeconds"] == max(0.016, fast_service or 0.0)


def _replay() -> list[Decision]:
    state = State()
    return [
        decide(
            RULES,
            state,
            Observation(
                time=float(time),
                readings=Readings(
                    requests_per_second={15.0: fast, 60.0: slow},
                    queue_depth=waiting,
                    in_flight=served,
                    service_seconds=service,
                    latency_p95_seconds=latency,
                ),
                replicas=Replicas(pods, pods, 0),
            ),
        )
        for time, pods, fast, slow, waiting, served, service, latency in RECORDED
    ]
