"""Pods start late and stop young first."""

from random import Random

import pytest

from bytebridge.simulation.fleet import Fleet


def test_pods_become_ready_a_start_up_time_later() -> None:
    fleet = Fleet(2, 30.0, Random(0))
    assert fleet.scale(5, 100.0) == 0
    assert (fleet.pods.ready, fleet.pods.starting) == (2, 3)
    assert 127.0 <= fleet.next_ready <= 133.0
    assert fleet.start_ready(126.9) == 0
    assert fleet.start_ready(133.0) == 3
    assert (fleet.pods.ready, fleet.pods.starting) == (5, 0)


@pytest.mark.parametrize(
    ("replicas", "stopped", "ready", "starting"),
    [
        pytest.param(4, 0, 3, 1, id="starting ones go first"),
        pytest.param(3, 0, 3, 0, id="all starting ones"),
        pytest.param(1, 2, 1, 0, id="then Ready ones"),
    ],
)
def test_scale_down_order(replicas: int, stopped: int, ready: int, starting: int) -> None:
    fleet = Fleet(3, 30.0, Random(0))
    fleet.scale(5, 0.0)
    assert fleet.scale(replicas, 1.0) == stopped
    assert (fleet.pods.ready, fleet.pods.starting) == (ready, starting)


def test_cost_counts_from_creation_to_deletion() -> None:
    fleet = Fleet(2, 30.0, Random(0))
    fleet.scale(4, 10.0)
    fleet.scale(1, 20.0)
    fleet.count_cost(50.0)
    assert fleet.pod_seconds == 2 * 10 + 4 * 10 + 1 * 30
