"""Demand and capacity, one line a case."""

from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity, learn_capacity
from bytebridge.scaling.demand import Sample, estimate_demand
from bytebridge.scaling.observation import Readings
from unit.scaling.build import seen


@pytest.mark.parametrize(
    ("fast", "before", "elapsed", "expected"),
    [
        pytest.param(1000, 1000, 5, 1000, id="steady"),
        pytest.param(1010, 1000, 5, 1010, id="noise is not extrapolated"),
        pytest.param(1005, 1000, 1, 1005, id="nor over a short tick"),
        pytest.param(400, 100, 5, 1000, id="a step is"),
    ],
)
def test_extrapolation(fast: float, before: float, elapsed: float, expected: float) -> None:
    readings = Readings(requests_per_second={15.0: fast, 60.0: before}, queue_depth=0)
    demand = estimate_demand(readings, elapsed, Sample(0, before, 0, before), 1.0)
    assert demand is not None
    assert demand.rate == pytest.approx(expected)


def test_a_step_that_fills_the_window_is_never_overstated() -> None:
    """From 20 to 200 a second, seen every second: the newest rate stays the true one."""
    sample = Sample(0, 20, 0, 20)
    for second in range(1, 16):
        fast = 20 + 180 * second / 15
        slow = 20 + 180 * second / 60
        readings = Readings(requests_per_second={15.0: fast, 60.0: slow}, queue_depth=0)
        demand = estimate_demand(readings, second, sample, 1.0)
        assert demand is not None
        assert 199 <= demand.rate <= 205
        sample = demand.sample


@pytest.mark.parametrize(
    ("readings", "known", "expected"),
    [
        pytest.param({"service_seconds": 0.05}, 0.06, 0.05, id="measured"),
        pytest.param({"latency_mean_seconds": 0.05}, None, 0.05, id="latency at first"),
        pytest.param({"latency_mean_seconds": 5.0}, 0.06, 0.1094, id="no queue gauge: slowly up"),
        pytest.param({"latency_mean_seconds": 0.09, "queue_depth": 0}, 0.06, 0.09, id="no wait"),
        pytest.param({"latency_mean_seconds": 5.0, "queue_depth": 9}, 0.06, 0.06, id="waiting"),
        pytest.param({"in_flight": 60.0}, None, 0.06, id="Little, steady"),
        pytest.param({"in_flight": 60.0, "slow": 100.0}, None, None, id="Little, not in a step"),
    ],
)
def test_service_time(
    readings: dict[str, Any], known: float | None, expected: float | None
) -> None:
    observation = seen(fast=1000, **{"service_seconds": None, **readings})
    learned = learn_capacity(Capacity(service_seconds=known), observation, 4)
    assert learned.service_seconds == pytest.approx(expected)
