"""Requests that have begun to take longer; one readable line a case."""

import pytest

from bytebridge.scaling.ceiling import Ceiling, observe_moment
from bytebridge.scaling.law import decide
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
