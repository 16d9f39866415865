"""What two windows of a counter hold, whether they count all of their seconds or not."""

from random import Random

import pytest

from bytebridge.scaling.demand import Demand, estimate_demand
from bytebridge.scaling.observation import Readings
from bytebridge.scaling.wholeness import Wholeness

INTERVAL = 5
WHOLE, LESS = 0, 1
"""Intervals of each window that its samples leave out."""


def counts(rates: list[float], seed: int = 1) -> list[int]:
    """Requests of each interval of a Poisson load."""
    random = Random(seed)
    found = []
    for rate in rates:
        time, count = random.expovariate(rate), 0
        while time < INTERVAL:
            time += random.expovariate(rate)
            count += 1
        found.append(count)
    return found


def read(
    intervals: list[int], left_out: int, digits: int | None = None, backlog: float = 0.0
) -> list[Demand]:
    """Estimates of a service that exports windows of 15 and 60 s."""

    def rate(end: int, length: int) -> float:
        chosen = intervals[max(0, end - length + left_out) : end]
        found = sum(chosen) / len(chosen) / INTERVAL
        return found if digits is None else round(found, digits)

    demands: list[Demand] = []
    sample = None
    for end in range(12, len(intervals) + 1):
        rates = {15.0: rate(end, 3), 60.0: rate(end, 12)}
        readings = Readings(requests_per_second=rates, queue_depth=backlog)
        demand = estimate_demand(readings, float(INTERVAL * end), sample, 1.0)
        assert demand is not None
        demands.append(demand)
        sample = demand.sample
    return demands


@pytest.mark.parametrize(
    ("left_out", "digits", "rate", "whole"),
    [
        pytest.param(WHOLE, None, 100, True, id="whole"),
        pytest.param(WHOLE, 1, 100, True, id="whole, rounded"),
        pytest.param(WHOLE, None, 2, True, id="whole, few requests"),
        pytest.param(LESS, None, 100, False, id="between samples"),
        pytest.param(LESS, 1, 100, False, id="between samples, rounded"),
        pytest.param(LESS, None, 2, False, id="between samples, few requests"),
    ],
)
def test_whether_windows_are_whole_is_found_out(
    left_out: int, digits: int | None, rate: float, whole: bool
) -> None:
    for seed in range(5):
        demands = read(counts([rate] * 60, seed), left_out, digits)
        told = [demand.sample.wholeness.whole for demand in demands]
        assert told[-1] == whole, seed
        assert not any(told[:18]), "45 s until four windows are known, and four comparisons"
        assert whole or not any(told), seed


def test_windows_that_are_not_full_are_not_compared() -> None:
    """A first reading may be of a minute or of less; after the slow window nothing is of before."""
    readings = [d.sample.wholeness.readings for d in read(counts([100] * 40), WHOLE)]
    assert readings[:13] == [0] * 12 + [1]


def test_a_break_in_the_series_does_not_count_for_ever() -> None:
    intervals = counts([100] * 200)
    demands = read(intervals[:60], WHOLE)
    sample = demands[-1].sample
    broken = sample.wholeness.with_reading(1e3, 0.0)
    assert sample.wholeness.whole
    assert not broken.whole
    for _ in range(250):
        broken = broken.with_reading(0.0, 0.0)
    assert broken.whole


def test_waiting_requests_tell_nothing_of_windows() -> None:
    assert read(counts([100] * 60), WHOLE, backlog=5.0)[-1].sample.wholeness.readings == 0


@pytest.mark.parametrize("again", [0.0, -5.0], ids=["the same moment", "a clock set back"])
def test_a_reading_of_no_later_moment_tells_nothing_of_windows(again: float) -> None:
    sample = read(counts([100] * 30), WHOLE)[-1].sample._replace(wholeness=Wholeness())
    readings = Readings(requests_per_second={15.0: 100.0, 60.0: 100.0}, queue_depth=0)
    demand = estimate_demand(readings, sample.time + again, sample, 1.0)
    assert demand is not None
    assert demand.sample.wholeness == Wholeness()


@pytest.mark.parametrize("left_out", [WHOLE, LESS])
def test_a_ramp_is_followed_whatever_windows_cover(left_out: int) -> None:
    """15 requests a second more each second, for a minute."""
    rates = [100.0] * 40 + [100 + 75 * (i + 0.5) for i in range(12)]
    errors = []
    for seed in range(5):
        newest = [d.newest for d in read(counts(rates, seed), left_out)[-8:]]
        assert None not in newest
        true = rates[-8:]
        errors += [n - t for n, t in zip(newest, true, strict=True) if n is not None]
    assert abs(sum(errors) / len(errors)) < 25, "a third of an interval's rise"


@pytest.mark.parametrize("left_out", [WHOLE, LESS])
def test_a_step_is_not_overstated_whatever_windows_cover(left_out: int) -> None:
    rates = [100.0] * 40 + [1000.0] * 8
    for seed in range(5):
        for demand in read(counts(rates, seed), left_out)[-8:]:
            assert demand.rate == pytest.approx(1000, rel=0.12), seed


def test_what_a_queue_told_does_not_come_back_when_its_time_leaves_the_window() -> None:
    """A step amid an interval of a window of four: the queue shows at once how high it is.

    The rate of that interval was lower, and that is what leaves the window a minute later.
    """
    each, sample, newest = 15.0, None, []
    rates = [100.0] * 8 + [500.0] + [1000.0] * 12
    for end in range(4, len(rates) + 1):
        time, fast = each * end, sum(rates[end - 3 : end]) / 3
        backlog = {9: 9_000.0, 10: 22_000.0}.get(end, 0.0)
        readings = Readings(requests_per_second={60.0: fast, 300.0: fast}, queue_depth=backlog)
        demand = estimate_demand(readings, time, sample, 1.0, ready_throughput=167.0)
        assert demand is not None
        sample = demand.sample
        newest.append(demand.newest)
    assert newest[-8:] == [pytest.approx(1000.0, rel=0.03)] * 8


def test_a_counter_that_breaks_off_is_no_load_that_swings() -> None:
    """All windows say nothing at once, as no window does of a load that ends."""
    sample = None
    for tick in range(36):
        rate = 300.0 if tick < 24 else 0.0
        readings = Readings(requests_per_second={15.0: rate, 60.0: rate}, queue_depth=0.0)
        demand = estimate_demand(readings, float(INTERVAL * tick), sample, 1.0)
        assert demand is not None
        assert demand.rate == rate
        sample = demand.sample
