"""The queue against theory: Erlang C, Allen-Cunneen, Little's law, conservation."""

from math import inf, isfinite
from random import Random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bytebridge.simulation.arrivals import poisson
from bytebridge.simulation.policies.oracle import erlang_c
from bytebridge.simulation.service_model import ServiceModel, draw_service_times
from bytebridge.simulation.station import Station

SERVICE_SECONDS = 0.060
NEVER = 1e9


def station(
    arrivals: list[float], services: list[float], slots: int, timeout: float = NEVER
) -> Station:
    built = Station(arrivals, services, timeout=timeout, bin_seconds=5.0, bin_phase=1.7)
    built.add_slots(slots, 0.0)
    return built


def simulated_mean_wait(slots: int, utilization: float, services: list[float], seed: int) -> float:
    """Mean wait over exactly as many Poisson arrivals as there are service times."""
    rate = utilization * slots / fmean(services)
    random = Random(seed)
    now, arrivals = 0.0, []
    for _ in services:
        now += random.expovariate(rate)
        arrivals.append(now)
    queue = station(arrivals, services, slots)
    queue.advance(inf)
    return fmean(queue.latencies) - fmean(services)


@pytest.mark.parametrize(
    ("slots", "utilization", "requests"),
    [
        pytest.param(1, 0.5, 400_000, id="one slot, half busy"),
        pytest.param(4, 0.75, 400_000, id="four slots, three quarters busy"),
        pytest.param(20, 0.8, 700_000, id="twenty slots, 80 % busy"),
    ],
)
def test_mean_wait_of_mmc_is_erlangs(slots: int, utilization: float, requests: int) -> None:
    random = Random(11)
    services = [random.expovariate(1 / SERVICE_SECONDS) for _ in range(requests)]
    offered = utilization * slots
    expected = erlang_c(slots, offered) * SERVICE_SECONDS / (slots - offered)
    assert simulated_mean_wait(slots, utilization, services, 5) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("variability", [0.0, 0.5, 2.0])
def test_mean_wait_of_mg1_is_pollaczek_khinchins(variability: float) -> None:
    model = ServiceModel(service_seconds=SERVICE_SECONDS, variability=variability)
    services = draw_service_times(model, [0.0] * 600_000, Random(3))
    expected = 0.6 / (1 - 0.6) * SERVICE_SECONDS * (1 + variability) / 2
    assert simulated_mean_wait(1, 0.6, services, 7) == pytest.approx(expected, rel=0.03)


def test_mean_wait_of_mgc_is_allen_and_cunneens() -> None:
    services = draw_service_times(ServiceModel(), [0.0] * 800_000, Random(9))
    waits = erlang_c(8, 6.8) * SERVICE_SECONDS / (8 - 6.8) * (1 + 0.5) / 2
    assert simulated_mean_wait(8, 0.85, services, 2) == pytest.approx(waits, rel=0.03)


def test_little_law_holds() -> None:
    arrivals = poisson((200.0,) * 600, Random(1))
    services = draw_service_times(ServiceModel(), arrivals, Random(2))
    queue = station(arrivals, services, 14)
    present = []
    for step in range(1, 60_000):
        now = step / 100
        queue.advance(now)
        present.append(queue.waiting(now) + queue.in_service(now))
    mean_present = len(arrivals) / 600 * fmean(queue.latencies)
    assert fmean(present) == pytest.approx(mean_present, rel=0.01)


def test_utilization_law_holds() -> None:
    arrivals = poisson((100.0,) * 300, Random(4))
    services = draw_service_times(ServiceModel(), arrivals, Random(5))
    queue = station(arrivals, services, 10)
    queue.advance(300.0)
    assert queue.busy_seconds(300.0) == pytest.approx(sum(services), rel=0.001)


@given(seed=st.integers(0, 10_000), database=st.sampled_from([None, 3]))
@settings(max_examples=60, deadline=None)
def test_no_request_is_lost_or_counted_twice(seed: int, database: int | None) -> None:
    random = Random(seed)
    arrivals = poisson([random.uniform(0, 60) for _ in range(30)], random)
    services = [random.expovariate(4.0) for _ in arrivals]
    queue = Station(
        arrivals, services, timeout=2.0, bin_seconds=1.0, bin_phase=0.3, database_slots=database
    )
    queue.add_slots(4, 0.0)
    for second in range(1, 30):
        queue.advance(float(second))
        if queue.slots > 2 and random.random() < 0.3:
            queue.remove_slots(2, float(second), random)
        elif random.random() < 0.4:
            queue.add_slots(2, float(second))
        begun = queue.finished(float(second)) + queue.in_service(float(second))
        assert begun + queue.lost + queue.waiting(float(second)) == queue.arrived(float(second))
        assert queue.in_service(float(second)) >= 0
    queue.advance(1000.0)
    assert len(queue.latencies) == len(arrivals)
    assert sum(map(len, queue.completed.values())) + queue.lost == len(arrivals)


@pytest.mark.parametrize(
    ("slots", "timeout", "latencies"),
    [
        pytest.param(1, 10.0, [2.0, 3.0, 4.0], id="first come, first served"),
        pytest.param(2, 10.0, [2.0, 2.0, 2.0], id="two slots"),
        pytest.param(1, 1.5, [inf, inf, inf], id="all too late"),
        pytest.param(1, 2.5, [2.0, inf, inf], id="the second and the third are served too late"),
    ],
)
def test_order_and_timeouts(slots: int, timeout: float, latencies: list[float]) -> None:
    queue = station([0.0, 1.0, 2.0], [2.0, 2.0, 2.0], slots, timeout)
    queue.advance(20.0)
    assert queue.latencies == latencies


def test_a_stopping_slot_finishes_its_request() -> None:
    queue = station([0.0, 1.0], [5.0, 1.0], 1)
    queue.advance(0.5)
    queue.remove_slots(1, 0.5, Random(0))
    queue.advance(2.0)
    assert (queue.in_service(2.0), queue.waiting(2.0), queue.slots) == (1, 1, 0)
    queue.add_slots(1, 10.0)
    queue.advance(20.0)
    assert queue.latencies == [5.0, 10.0]
    assert all(isfinite(x) for x in queue.latencies)


def test_a_full_database_limits_the_throughput_whatever_the_slots() -> None:
    arrivals = [i / 1000 for i in range(60_000)]
    queue = Station(
        arrivals, [0.06] * 60_000, timeout=NEVER, bin_seconds=5.0, bin_phase=0.0, database_slots=24
    )
    queue.add_slots(200, 0.0)
    queue.advance(50.0)
    assert queue.finished(50.0) == pytest.approx(24 / 0.06 * 50, rel=0.03)


@pytest.mark.parametrize(
    ("idle_count", "seconds"),
    [
        pytest.param(False, 0.06, id="one busy slot is no burden"),
        pytest.param(True, 0.06 * 200 / 24, id="two hundred that stand are"),
    ],
)
def test_what_burdens_a_database(idle_count: bool, seconds: float) -> None:
    queue = Station(
        [0.0, 1.0],
        [0.06, 0.06],
        timeout=NEVER,
        bin_seconds=5.0,
        bin_phase=0.0,
        database_slots=24,
        idle_slots_count=idle_count,
    )
    queue.add_slots(200, 0.0)
    queue.advance(10.0)
    assert queue.latencies == pytest.approx([seconds, seconds])
