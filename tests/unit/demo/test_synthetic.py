"""The synthetic service behaves as queueing theory says."""

from collections import Counter
from math import exp
from random import Random
from statistics import fmean

import pytest

from bytebridge.demo.synthetic import Progress, ServiceProfile, SyntheticService


def erlang_c(slots: int, offered_load: float) -> float:
    """Probability of waiting in M/M/c, summed term by term (independent of the product's)."""
    term, total = 1.0, 0.0
    for count in range(slots):
        total += term
        term *= offered_load / (count + 1)
    busy = term / (1 - offered_load / slots)
    return busy / (total + busy)


def mean_waiting(slots: int, rate: float, service: float, squared_variation: float) -> float:
    """Allen-Cunneen: M/M/c's mean waiting time times (1 + Cs2) / 2."""
    load = rate * service
    return erlang_c(slots, load) * service / (slots - load) * (1 + squared_variation) / 2


def poisson(rate: float, seconds: float, seed: int) -> list[float]:
    random = Random(seed)
    moment, moments = random.expovariate(rate), []
    while moment < seconds:
        moments.append(moment)
        moment += random.expovariate(rate)
    return moments


def run(replicas: int, rate: float, seconds: float, variation: float = 0.5) -> Progress:
    service = SyntheticService(ServiceProfile(squared_variation=variation), seed=7)
    service.set_pods([f"pod-{index}" for index in range(replicas)])
    return service.advance(seconds + 60, poisson(rate, seconds, seed=11))


@pytest.mark.parametrize(
    ("replicas", "rate", "variation", "tolerance"),
    [
        pytest.param(2, 100, 1.0, 0.05, id="2-replicas-75-percent-exponential-like"),
        pytest.param(2, 120, 0.5, 0.08, id="2-replicas-90-percent"),
        pytest.param(5, 300, 0.5, 0.08, id="5-replicas-90-percent"),
    ],
)
def test_mean_latency_is_that_of_erlang_c(
    replicas: int, rate: float, variation: float, tolerance: float
) -> None:
    latencies = run(replicas, rate, seconds=150_000 / rate, variation=variation).latencies
    expected = 0.06 + mean_waiting(4 * replicas, rate, 0.06, variation)
    assert fmean(latencies) == pytest.approx(expected, rel=tolerance)


def test_share_of_requests_that_wait_is_erlang_c() -> None:
    """With hardly any variation of the service time, a request that waited is a slower one."""
    service = SyntheticService(ServiceProfile(squared_variation=1e-9), seed=1)
    service.set_pods(["a"])
    latencies = service.advance(4_100, poisson(40, 4_000, seed=3)).latencies
    waited = fmean(latency > 0.0601 for latency in latencies)
    # M/D/c makes somewhat fewer requests wait than M/M/c.
    assert waited == pytest.approx(erlang_c(4, 2.4), rel=0.12)
    assert waited < erlang_c(4, 2.4) * 1.02


@pytest.mark.parametrize("step", [0.05, 1.0, 50.0], ids="{}s".format)
def test_the_step_length_changes_nothing(step: float) -> None:
    arrivals = poisson(120, 50, seed=5)
    whole = SyntheticService(ServiceProfile(), seed=2)
    whole.set_pods(["a", "b"])
    expected = whole.advance(60, arrivals)
    stepped = SyntheticService(ServiceProfile(), seed=2)
    stepped.set_pods(["a", "b"])
    latencies: list[float] = []
    for index in range(1, int(60 / step) + 2):
        span = [a for a in arrivals if (index - 1) * step <= a < index * step]
        latencies += stepped.advance(index * step, span).latencies
    assert latencies == expected.latencies


def test_every_request_is_served_waiting_or_failed() -> None:
    service = SyntheticService(ServiceProfile(client_timeout_seconds=2), seed=3)
    service.set_pods(["a"])
    arrivals = poisson(100, 20, seed=9)
    progress = service.advance(20, arrivals)
    assert progress.failed > 0
    assert len(arrivals) == (
        len(progress.latencies) + progress.failed + service.queue_depth + service.in_flight
    )


def test_no_answer_comes_after_the_client_gave_up_waiting() -> None:
    service = SyntheticService(ServiceProfile(client_timeout_seconds=1), seed=3)
    service.set_pods(["a"])
    latencies = service.advance(30, poisson(200, 20, seed=9)).latencies
    longest_service = 0.06 * exp(3)
    assert max(latencies) < 1 + longest_service


def test_without_pods_requests_wait_and_then_fail() -> None:
    service = SyntheticService(ServiceProfile(client_timeout_seconds=30), seed=3)
    assert service.advance(10, [1, 2, 3]) == Progress()
    assert service.queue_depth == 3
    assert service.advance(32.5, []).failed == 2
    assert service.queue_depth == 1


def test_waiting_requests_start_when_a_pod_becomes_ready() -> None:
    service = SyntheticService(ServiceProfile(), seed=3)
    service.advance(10, [9.0])
    service.set_pods(["a"])
    (latency,) = service.advance(20, []).latencies
    assert 1.0 < latency < 1.5


def test_a_draining_pod_finishes_what_it_has_and_takes_nothing_new() -> None:
    service = SyntheticService(ServiceProfile(mean_service_seconds=5), seed=3)
    service.set_pods(["a", "b"])
    service.advance(1, [0.1] * 8)
    service.set_pods(["b"])
    assert [pod.name for pod in service.pods] == ["b"]
    progress = service.advance(200, [1.0] * 8)
    assert len(progress.latencies) == 16
    assert service.pods[0].served == 12
    assert service.in_flight == 0


def test_a_pod_never_serves_more_than_its_slots() -> None:
    service = SyntheticService(ServiceProfile(slots_per_replica=3), seed=3)
    service.set_pods(["a", "b"])
    for moment in range(1, 100):
        service.advance(moment / 10, [moment / 10 - 0.05] * 40)
        assert [pod.in_flight for pod in service.pods] == [3, 3]


def test_pods_share_the_work_evenly() -> None:
    service = SyntheticService(ServiceProfile(), seed=3)
    service.set_pods(["a", "b", "c"])
    service.advance(100, poisson(100, 100, seed=1))
    busy = Counter({pod.name: pod.busy_seconds for pod in service.pods})
    assert max(busy.values()) < 1.1 * min(busy.values())


def test_histogram_counts_what_was_answered() -> None:
    service = SyntheticService(ServiceProfile(), seed=3)
    service.set_pods(["a"])
    latencies = service.advance(60, poisson(60, 50, seed=1)).latencies
    (pod,) = service.pods
    assert sum(pod.bucket_counts) == pod.served == len(latencies)
    assert sum(pod.bucket_counts[:6]) == sum(latency <= 0.2 for latency in latencies)
    assert pod.latency_sum == pytest.approx(sum(latencies))
