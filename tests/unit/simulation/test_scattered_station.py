"""A line before each pod, against theory: M/M/1, Little's law, conservation."""

from math import inf
from random import Random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bytebridge.simulation.arrivals import poisson
from bytebridge.simulation.policies.oracle import erlang_c
from bytebridge.simulation.scattered_station import ScatteredStation

SERVICE_SECONDS = 0.060
NEVER = 1e9


def station(
    arrivals: list[float],
    services: list[float],
    pods: int,
    *,
    pod_slots: int = 1,
    timeout: float = NEVER,
) -> ScatteredStation:
    built = ScatteredStation(
        arrivals,
        services,
        timeout=timeout,
        bin_seconds=5.0,
        bin_phase=1.7,
        pod_slots=pod_slots,
        random=Random("balancer"),
    )
    built.add_slots(pods * pod_slots, 0.0)
    return built


@pytest.mark.parametrize("pod_slots", [1, 2])
def test_mean_wait_is_that_of_each_pod_alone(pod_slots: int) -> None:
    """Poisson arrivals that are dealt at random are Poisson at each pod: M/M/c, c its slots."""
    random, pods, utilization = Random(5), 10, 0.7
    services = [random.expovariate(1 / SERVICE_SECONDS) for _ in range(600_000)]
    now, arrivals = 0.0, []
    for _ in services:
        now += random.expovariate(utilization * pods * pod_slots / SERVICE_SECONDS)
        arrivals.append(now)
    queue = station(arrivals, services, pods, pod_slots=pod_slots)
    queue.advance(inf)
    offered = utilization * pod_slots
    expected = erlang_c(pod_slots, offered) * SERVICE_SECONDS / (pod_slots - offered)
    assert fmean(queue.latencies) - fmean(services) == pytest.approx(expected, rel=0.03)


def test_little_law_holds() -> None:
    arrivals = poisson((200.0,) * 300, Random(1))
    random = Random(2)
    services = [random.expovariate(1 / SERVICE_SECONDS) for _ in arrivals]
    queue = station(arrivals, services, 20)
    present = []
    for step in range(1, 3_000):
        queue.advance(step / 10)
        present.append(queue.waiting(step / 10) + queue.in_service(step / 10))
    expected = len(arrivals) / 300 * fmean(queue.latencies)
    assert fmean(present) == pytest.approx(expected, rel=0.05)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_no_request_is_lost_or_counted_twice(seed: int) -> None:
    random = Random(seed)
    arrivals = poisson([random.uniform(0, 60) for _ in range(30)], random)
    services = [random.expovariate(4.0) for _ in arrivals]
    queue = station(arrivals, services, 2, pod_slots=2, timeout=2.0)
    for second in range(1, 30):
        now = float(second)
        queue.advance(now)
        if queue.slots > 2 and random.random() < 0.3:
            queue.remove_slots(2, now, random)
        elif random.random() < 0.4:
            queue.add_slots(2, now)
        gone = sum(
            latency != inf and arrival + latency <= now
            for arrival, latency in zip(arrivals, queue.latencies, strict=False)
        )
        given_up = sum(
            spent == 0.0 and arrival + 2.0 <= now
            for arrival, spent in zip(arrivals, queue.spent, strict=False)
        )
        late = sum(
            latency == inf and spent > 0
            for latency, spent in zip(queue.latencies, queue.spent, strict=True)
        )
        present = queue.waiting(now) + queue.in_service(now)
        assert 0 <= queue.arrived(now) - gone - given_up - present <= late
    queue.advance(1_000.0)
    assert len(queue.latencies) == len(queue.spent) == len(arrivals)
    assert sum(map(len, queue.completed.values())) + queue.lost == len(arrivals)
    assert queue.busy_seconds(2_000.0) == pytest.approx(sum(queue.spent))


@pytest.mark.parametrize(
    ("timeout", "latencies", "lost"),
    [
        pytest.param(10.0, [2.0, 3.0, 4.0], 0, id="first come, first served"),
        pytest.param(1.5, [inf, inf, inf], 1, id="all too late, the third before it is begun"),
        pytest.param(1.0, [inf, inf, inf], 1, id="the second before it is begun"),
    ],
)
def test_order_and_timeouts(timeout: float, latencies: list[float], lost: int) -> None:
    queue = station([0.0, 1.0, 2.0], [2.0, 2.0, 2.0], 1, timeout=timeout)
    queue.advance(1.5)
    assert (queue.waiting(1.5), queue.in_service(1.5), queue.busy_seconds(1.5)) == (1, 1, 1.5)
    queue.advance(20.0)
    assert (queue.latencies, queue.lost) == (latencies, lost)


def test_new_pods_do_not_help_those_that_wait_and_a_stopping_one_serves_its_line() -> None:
    queue = station([0.0, 0.1, 0.2], [5.0, 1.0, 1.0], 1)
    queue.advance(0.15)
    queue.add_slots(1, 0.15)
    queue.remove_slots(1, 0.15, Random(1))
    assert queue.slots == 1
    queue.advance(20.0)
    assert queue.latencies[:2] == [5.0, 5.9]
    assert queue.latencies[2] in (1.0, 6.8)
