"""Burstiness without trend."""

from collections.abc import Callable
from math import ceil, exp, factorial, inf, sqrt
from random import Random

import pytest

from bytebridge.scaling.dispersion import (
    INDEX_BY_CHANCE,
    Dispersion,
    observe_arrivals,
    skewness,
)
from bytebridge.scaling.floors import burst_floor
from bytebridge.scaling.history import Point

WINDOW, TICK = 15.0, 5.0


def _estimate(rates: list[float], dispersion: float) -> float:
    """Of windows of three ticks, whose counts are normal with this index of dispersion."""
    random = Random(f"{rates[0]}-{rates[-1]}-{dispersion}")
    memory, counts, points = Dispersion(), list[float](), list[Point]()
    found = []
    for tick, rate in enumerate(rates):
        mean = rate * TICK
        counts.append(max(0.0, random.gauss(mean, (dispersion * mean) ** 0.5)))
        if tick >= 2:
            points.append(Point(tick * TICK, 0.0, sum(counts[-3:]) / WINDOW))
            observe_arrivals(memory, points[-14:], WINDOW)
            found.append(memory.index)
    return sum(found[60:]) / len(found[60:])


STEADY = [300.0] * 1200


@pytest.mark.parametrize(
    ("rates", "dispersion"),
    [
        pytest.param(STEADY, 1, id="Poisson"),
        pytest.param(STEADY, 8, id="bursty"),
        pytest.param([1000.0] * 1200, 150, id="very bursty"),
        pytest.param([100 + 2.5 * tick for tick in range(1200)], 1, id="a ramp"),
        pytest.param([9000 - 7 * tick for tick in range(1200)], 2, id="a fall"),
        pytest.param([100.0] * 600 + [1000.0] * 600, 1, id="a step"),
    ],
)
def test_neither_a_trend_nor_a_step_is_a_burst(rates: list[float], dispersion: float) -> None:
    assert _estimate(rates, dispersion) == pytest.approx(dispersion, rel=0.2)


def test_too_short_a_history_says_nothing() -> None:
    memory = Dispersion(index=1.3)
    observe_arrivals(memory, [Point(0, 0, 100), Point(5, 0, 900), Point(10, 0, 100)], WINDOW)
    assert memory.index == 1.3


@pytest.mark.parametrize("interval", [15, 30])
def test_counts_between_scrapes_that_are_far_apart_tell_by_themselves(interval: int) -> None:
    """A step is in three readings of twelve then; windows of three scrapes show it in nine."""
    memory, points = Dispersion(), list[Point]()
    for scrape in range(1, 40):
        rate = 100.0 if scrape < 20 else 1000.0
        inside = min(3, max(0, scrape - 19))
        fast = (inside * 1000 + (3 - inside) * 100) / 3
        points.append(Point(scrape * interval, rate, fast, interval, counted_seconds=interval))
        observe_arrivals(memory, points[-13:], 3.0 * interval)
        assert memory.index <= 1.0


def test_bursts_are_told_from_counts_between_scrapes_that_are_far_apart() -> None:
    random, memory, points, found = Random(4), Dispersion(), list[Point](), list[float]()
    counted = [random.gauss(300.0, (8.0 * 300.0 / 15) ** 0.5) for _ in range(2_400)]
    for scrape in range(2, len(counted)):
        fast = sum(counted[scrape - 2 : scrape + 1]) / 3
        points.append(Point(scrape * 15.0, counted[scrape], fast, 15.0, counted_seconds=15.0))
        observe_arrivals(memory, points[-13:], 45.0)
        found.append(memory.index)
    assert sum(found[60:]) / len(found[60:]) == pytest.approx(8.0, rel=0.2)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        pytest.param(6.0, 8.0, id="shorter"),
        pytest.param(15.0, 8.0, id="nominal"),
        pytest.param(60.0, 1 + 7 / 4, id="a rate varies less in them: as much in shorter ones"),
    ],
)
def test_counts_of_long_windows_are_reckoned_in_nominal_ones(
    window: float, expected: float
) -> None:
    random, memory, points, found = Random(3), Dispersion(), list[Point](), list[float]()
    for count in range(2400):
        rate = random.gauss(300.0, (8.0 * 300.0 / window) ** 0.5)
        points.append(Point(count * window, 0.0, rate))
        observe_arrivals(memory, points[-4:], window)
        found.append(memory.index)
    assert sum(found[60:]) / len(found[60:]) == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize(
    ("load", "slots", "dispersion", "replicas"),
    [
        (0, 2, 1, 0),
        (60, 2, 1, 34),
        (60, 2, 0.5, 34),
        (60, 2, 8, 36),
        (60, 2, 300, 52),
        (600, 2, 1, 313),
    ],
)
def test_burst_floor(load: float, slots: float, dispersion: float, replicas: int) -> None:
    """At 60 ms a request: sqrt(60) for what is swift, five standard deviations for what is slow."""
    assert burst_floor(load, slots, dispersion, 0.06) == replicas


def _watched(seconds: int, rate: Callable[[float], float]) -> Dispersion:
    memory, points = Dispersion(), list[Point]()
    for tick in range(int(seconds / TICK) + 1):
        points.append(Point(tick * TICK, rate(tick * TICK), rate(tick * TICK)))
        observe_arrivals(memory, points[-14:], WINDOW)
    return memory


@pytest.mark.parametrize(
    ("seconds", "unknown"),
    [
        pytest.param(0, True, id="the first reading"),
        pytest.param(80, True, id="eleven second differences"),
        pytest.param(85, False, id="twelve"),
    ],
)
def test_how_bursty_a_load_is_is_known_after_a_minute_and_a_half(
    seconds: int, unknown: bool
) -> None:
    assert _watched(seconds, lambda _: 100.0).unknown(seconds) == unknown


def test_nobody_waits_for_an_index_for_ever() -> None:
    memory = Dispersion()
    assert not memory.unknown(0.0), "no arrivals, no bursts"
    for time in (0.0, 100.0):
        observe_arrivals(memory, [Point(time, 50.0, 50.0)], WINDOW)
    assert memory.unknown(149.0)
    assert not memory.unknown(150.0)


def test_the_first_estimate_counts_whole() -> None:
    """A new memory does not creep from Poisson to what twelve windows say."""
    memory = _watched(85, lambda time: 1000.0 if time % 30 < 15 else 100.0)
    assert memory.index == pytest.approx(36_800, rel=0.1)


def test_it_is_a_mean_of_minutes() -> None:
    """Each estimate by itself is as often half of it, or twice."""
    random, memory = Random(3), Dispersion()
    counts, points, found = list[float](), list[Point](), list[float]()
    for tick in range(1500):
        counts.append(max(0.0, random.gauss(100.0, 10.0)))
        points.append(Point(tick * TICK, 0.0, sum(counts[-3:]) / WINDOW))
        observe_arrivals(memory, points[-14:], WINDOW)
        found.append(memory.index)
    late = found[150:]
    assert sum(late) / len(late) == pytest.approx(1.0, abs=0.1)
    assert max(late) < INDEX_BY_CHANCE * 1.25
    assert sum(index > INDEX_BY_CHANCE for index in late) < 0.05 * len(late)


def test_few_requests_are_more_often_many() -> None:
    """Of five requests in a window 14 are as rare as three deviations of a normal variable."""
    poisson = [exp(-5.0) * 5.0**count / factorial(count) for count in range(60)]
    bound = 5 + 3 * sqrt(5) + skewness(3.0)
    assert sum(poisson[ceil(bound) :]) == pytest.approx(0.00135, rel=0.6)
    assert sum(poisson[ceil(5 + 3 * sqrt(5)) :]) > 0.005


@pytest.mark.parametrize(
    ("counted", "change", "index"),
    [
        pytest.param(TICK, 20.0, (1.0, 1.0), id="no more than chance"),
        pytest.param(TICK, 600.0, (300.0, 3000.0), id="bursts"),
        pytest.param(0.0, 600.0, (1.0, 1.0), id="inferred from windows: their errors"),
    ],
)
def test_a_first_guess_by_newest_counts(
    counted: float, change: float, index: tuple[float, float]
) -> None:
    memory, points, random = Dispersion(), list[Point](), Random("guess")
    for tick in range(10):
        rate = 1000.0 + random.choice([-0.5, 0.5]) * change
        points.append(Point(tick * TICK, rate, 1000.0, TICK, counted_seconds=counted))
        observe_arrivals(memory, points, WINDOW)
    assert index[0] <= memory.index <= index[1]


def test_a_surge_in_the_first_minute_is_no_burst() -> None:
    memory, points = Dispersion(), list[Point]()
    for tick in range(16):
        rate = 100.0 if tick < 10 else 1000.0
        points.append(Point(tick * TICK, rate, rate, TICK, counted_seconds=TICK))
        observe_arrivals(memory, points, WINDOW)
        assert memory.index == 1.0


@pytest.mark.parametrize(
    ("now", "highest"),
    [
        pytest.param(595.0, inf, id="not known long enough"),
        pytest.param(600.0, 701.0, id="rounded up"),
        pytest.param(1500.0, 701.0, id="for twenty minutes"),
        pytest.param(1620.0, 100.0, id="and a minute, as minutes are remembered"),
    ],
)
def test_what_bursts_come_to(now: float, highest: float) -> None:
    memory = _watched(int(now), lambda time: 700.5 if time == 300 else 100.0)
    assert memory.highest(now) == highest


def test_one_step_is_no_burst_at_a_short_tick_either() -> None:
    """A tick of a second, and a window that fills up: the median has seen calm before and after."""
    memory, points = Dispersion(), list[Point]()
    for second in range(400):
        inside = min(15, max(0, second - 200))
        points.append(Point(second, 0.0, (inside * 200 + (15 - inside) * 20) / 15))
        observe_arrivals(memory, points[-66:], WINDOW)
        assert memory.index <= 1.0


@pytest.mark.parametrize(
    ("inferred", "queue", "learned"),
    [
        pytest.param(True, 4_000.0, False, id="made up from a queue that comes and goes"),
        pytest.param(True, 100.0, True, id="a queue that is within chance"),
        pytest.param(False, 4_000.0, True, id="arrivals that are counted"),
    ],
)
def test_what_is_made_up_from_the_queue_tells_nothing(
    inferred: bool, queue: float, learned: bool
) -> None:
    memory, points = Dispersion(), list[Point]()
    for tick in range(60):
        rate = (700.0, 900.0, 1_100.0, 1_300.0, 800.0)[tick % 5]
        points.append(Point(tick * TICK, 0.0, rate, backlog=queue * (tick % 4) / 3))
        observe_arrivals(memory, points[-14:], WINDOW, inferred=inferred)
    assert (memory.index > 10) == learned
