"""Requests that have begun to take longer; one readable line a case."""

import pytest

from bytebridge.scaling.ceiling import Ceiling, observe_moment
from bytebridge.scaling.demand import estimate_demand
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Readings
from bytebridge.scaling.slowing import Slowing, takes_longer
from bytebridge.scaling.state import State
from bytebridge.scaling.throughput import Glance
from unit.scaling.build import policy, seen


@pytest.mark.parametrize(
    ("means", "longer"),
    [
        pytest.param([0.060, 0.060], False, id="as before"),
        pytest.param([0.060, 0.0602], False, id="by chance"),
        pytest.param([0.060, 0.0605], True, id="longer than by chance"),
        pytest.param([0.060, 0.050], False, id="less"),
        pytest.param([0.050, 0.060, 0.060, 0.060], True, id="until 15 s have passed"),
        pytest.param([0.050, 0.060, 0.060, 0.060, 0.060], False, id="and then no more"),
        pytest.param([0.050, None, 0.060], False, id="unknown in between"),
        pytest.param([0.060], False, id="one look"),
    ],
)
def test_a_mean_of_1000_requests_a_second(means: list[float | None], longer: bool) -> None:
    """Each five seconds; chance is 0.5 % here."""
    memory, told = Slowing(), False
    for tick, mean in enumerate(means):
        readings = seen(fast=1_000, service_seconds=mean).readings
        told = takes_longer(memory, readings, 5.0 * tick)
    assert told is longer


def test_few_requests_vary() -> None:
    memory = Slowing()
    for tick, mean in enumerate((0.060, 0.063, 0.0655)):
        readings = seen(fast=5, service_seconds=mean).readings
        assert not takes_longer(memory, readings, 5.0 * tick)


def test_the_fast_window_tells_it_where_there_is_one() -> None:
    memory = Slowing()
    for tick, mean in enumerate((0.060, 0.065, 0.070)):
        readings = seen(fast=1_000, service_seconds=mean, fast_service_seconds=0.07).readings
        assert not takes_longer(memory, readings, 5.0 * tick)


def test_a_gap_longer_than_the_window_compares_nothing() -> None:
    memory = Slowing()
    takes_longer(memory, seen(fast=1_000, service_seconds=0.01).readings, 0.0)
    assert not takes_longer(memory, seen(fast=1_000, service_seconds=0.06).readings, 61.0)


@pytest.mark.parametrize(
    "fast", [None, 0.06], ids=["the mean rises", "the fast window's is longer"]
)
def test_a_sudden_longer_service_time_is_no_counter_of_completions(fast: float | None) -> None:
    """Twelve replicas serve 4,000 a second of 6 ms, then 400 of 60; a thousand come throughout."""
    state, waiting = State(), 0.0
    for tick in range(30):
        slow = min(max(0, tick - 18), 12) / 12
        waiting += 5 * 600 if slow else 0
        line = seen(
            5.0 * tick,
            fast=1_000,
            queue_depth=waiting,
            in_flight=24 if slow else 6,
            service_seconds=0.006 + 0.054 * slow,
            fast_service_seconds=fast if slow else None,
            desired=12,
        )
        demand = decide(policy(concurrency_per_replica=2), state, line).signals["demandPerSecond"]
        assert demand is not None
        assert demand >= 990
        assert state.sample is not None
        assert not state.sample.completions


@pytest.mark.parametrize(
    ("slowing", "each"),
    [
        pytest.param(True, 33.3, id="what the queue shows"),
        pytest.param(False, 166.5, id="at least half of what the service time says"),
    ],
)
def test_what_replicas_could_serve_is_no_measure_of_a_service_that_slows(
    slowing: bool, each: float
) -> None:
    memory = Ceiling()
    for tick, waiting in enumerate((1_000.0, 5_167.0)):
        glance = Glance(
            70.0 + 5 * tick, 5, waiting, 1_000.0, capacity=832.5, newest=1_000.0, slowing=slowing
        )
        memory.glances.size.changed_since = -100.0
        memory.glances.size.ready = 5
        observe_moment(memory, glance, 2.0, 15.0)
    assert memory.best_each == pytest.approx(each, rel=0.01)


RISES: list[tuple[float, float | None]] = [(0.006, None), (0.006, None), (0.012, None)]
FAST_IS_LONGER: list[tuple[float, float | None]] = [(0.006, 0.006), (0.006, 0.006), (0.012, 0.06)]


@pytest.mark.parametrize(
    ("course", "throughput"),
    [
        pytest.param(RISES, 2_000.0, id="the mean rises: at most what it says"),
        pytest.param(FAST_IS_LONGER, 400.0, id="the fast window's is longer, and counts"),
    ],
)
def test_it_is_known_wherever_the_service_time_counts(
    course: list[tuple[float, float | None]], throughput: float
) -> None:
    """Twelve replicas with two slots, a thousand requests a second, and 600 more that wait."""
    state = State()
    for tick, (mean, fast) in enumerate(course):
        line = seen(
            5.0 * tick,
            fast=1_000,
            queue_depth=600.0 * tick,
            in_flight=24,
            desired=12,
            service_seconds=mean,
            fast_service_seconds=fast,
        )
        decide(policy(concurrency_per_replica=2), state, line)
    assert state.reading is not None
    assert state.reading.demand.slowing
    assert state.ceiling.glances.recent[-1].slowing
    assert state.sample is not None
    assert state.sample.ready_throughput == pytest.approx(throughput)


def test_it_is_known_where_replicas_are_an_experiment() -> None:
    """No queue is told, and requests take ten times as long as before."""
    state = State()
    for tick in range(24):
        slow, more = min(max(0, tick - 12), 12) / 12, tick > 14
        line = seen(
            5.0 * tick,
            fast=1_000,
            in_flight=8,
            service_seconds=0.006 + 0.054 * slow,
            desired=4 + more,
            latency_p95_seconds=0.1 + slow,
        )
        decide(policy(concurrency_per_replica=2), state, line)
    assert state.bottleneck.experiment is not None
    assert state.bottleneck.experiment.rising


@pytest.mark.parametrize(("slowing", "told"), [(False, 1), (True, 0)])
def test_what_is_served_at_most_tells_no_counter(slowing: bool, told: int) -> None:
    """Two hundred a second are counted, twice what was, while as many more pile up."""
    before = None
    for tick, (rate, waiting) in enumerate([(100.0, 0.0)] * 14 + [(200.0, 0.0), (200.0, 1_000.0)]):
        readings = Readings({5.0: rate, 15.0: rate, 60.0: 100.0}, queue_depth=waiting)
        demand = estimate_demand(
            readings, 5.0 * tick, before, 1.0, 200.0, slowing=slowing and waiting > 0
        )
        assert demand is not None
        before = demand.sample
    assert before is not None
    assert before.told == told
