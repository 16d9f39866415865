"""Where the load is going: a ramp is extrapolated, a step is not."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from bytebridge.scaling.dispersion import skewness
from bytebridge.scaling.history import Point

FEWEST_POINTS = 4
MOST_POINTS = 13
"""A minute of ticks."""
SIGMAS = 3.0
LINE_PARAMETERS = 2
STEP_PARAMETERS = 4
"""Two levels, the time of the step, and the reading amid it."""
BASE_POINTS = 6
"""Readings of the steady load before a rise."""
ONSET_SIGMAS = 4.0
"""The first reading of a rise stands out by this many standard deviations: at 3, one in 700 ticks
of a steady load would."""
MOST_ONSET = 3
"""Readings from which on a ramp is told from a step by itself."""
AMID = 1.5
"""A first reading that is higher is a mean over an interval in which the load stepped: the load
has come this many times as far. Too much is given back with the next reading."""
MOST_RISE = 10.0
"""What a rise that has just begun is believed to come to, at most, in times of the load before."""
CARRIED_ON = 3.0
"""A rise is carried on for at most this many times as long as it has been seen."""
MOST_GROWTH = 3.0
"""A forecast is at most this many times the present rate: trends do not last."""


class Line(NamedTuple):
    """Least squares through points, where they rise beyond chance."""

    slope: float
    """Requests a second, a second."""
    error: float
    """Standard error of the slope."""
    time: float
    """Of the point in the middle of it."""
    rate: float
    """Of that point, requests a second."""
    left: float
    """Sum of the squares of what the points leave to it."""


def ramp_rate(
    history: Sequence[Point], rate: float, horizon_seconds: float, dispersion: float
) -> float:
    """The rate that a ramp comes to after a time, never below the present one.

    Least squares over the last few points, or over all of them where the few show no trend. A
    trend counts only beyond noise, and only where a step does not explain the points: the load
    after a step stays where it is.

    Args:
        history: Newest rates, oldest first, requests a second.
        rate: Present rate.
        horizon_seconds: How far to look ahead.
        dispersion: Index of dispersion of the arrivals.
    """
    ahead = horizon_seconds + history[-1].seconds / 2 if history else 0.0
    for points in (history[-FEWEST_POINTS:], history[-2 * FEWEST_POINTS :], history[-MOST_POINTS:]):
        line = rising_line(points, dispersion)
        if line is not None:
            ahead = min(ahead, CARRIED_ON * (points[-1].time - points[0].time))
            return max(rate, min(rate + line.slope * ahead, MOST_GROWTH * rate))
    return rate


def onset_rate(history: Sequence[Point], horizon_seconds: float, dispersion: float) -> float:
    """What the first readings of a rise foretell; 0 where none begins.

    The load was steady up to an interval, and has risen by a constant slope since: least squares
    through the middles of the intervals, less one standard error. A step looks like a steep ramp
    until the next reading, which is soon: pods that are asked for too much are not Ready by then.

    Args:
        history: Newest rates, oldest first, requests a second.
        horizon_seconds: How far to look ahead.
        dispersion: Index of dispersion of the arrivals.
    """
    rising = _rising(history, dispersion)
    if not rising:
        return 0.0
    readings, before = history[-rising:], history[-rising - BASE_POINTS : -rising]
    base = _expected(before, readings[0].time)
    interval = readings[0].time - before[-1].time
    middles = [(i + 0.5) * interval for i in range(rising)]
    weight = sum(x * x for x in middles)
    slope = sum(x * (p.rate - base) for x, p in zip(middles, readings, strict=True)) / weight
    noise = sqrt(max(dispersion, 1.0) * readings[-1].rate / readings[-1].seconds / weight)
    certain = slope - noise
    if certain <= 0:
        return 0.0
    if rising > 1 and _ended([base, *(p.rate for p in readings)]):
        return 0.0
    ahead = base + certain * (rising * interval + horizon_seconds)
    most = base * MOST_RISE
    amid = base + AMID * (readings[-1].rate - base) if rising == 1 else 0.0
    return max(min(ahead, most), amid)


def _ended(rates: Sequence[float]) -> bool:
    """Whether a rise has slowed down: readings of a ramp rise by more each time, or by as much."""
    before, middle, newest = rates[-3:]
    return newest - middle < middle - before


def _rising(history: Sequence[Point], dispersion: float) -> int:
    """How many of the last readings rise, one above the other, clearly from a steady load."""
    for rising in range(1, MOST_ONSET + 1):
        before = history[-rising - BASE_POINTS : -rising]
        if len(before) < FEWEST_POINTS:
            return 0
        first, last = history[-rising], before[-1]
        base = _expected(before, first.time)
        variance = max(dispersion, 1.0) * max(base, 1 / first.seconds) / first.seconds
        deviation = sqrt(variance * (1 + 1 / len(before)))
        skewed = skewness(ONSET_SIGMAS) / first.seconds
        if first.rate < base + ONSET_SIGMAS * deviation + skewed:
            return rising - 1
        if first.rate <= last.rate:
            return 0
        if last.rate < sum(p.rate for p in before) / len(before) + deviation:
            return rising
    return 0


def _expected(before: Sequence[Point], time: float) -> float:
    """The rate at a time if nothing begins: the mean, or where it rises already, the line."""
    mean_time = sum(p.time for p in before) / len(before)
    mean = sum(p.rate for p in before) / len(before)
    spread = sum((p.time - mean_time) ** 2 for p in before)
    slope = sum((p.time - mean_time) * (p.rate - mean) for p in before) / spread if spread else 0.0
    return mean + max(0.0, slope) * (time - mean_time)


def rising_line(points: Sequence[Point], dispersion: float) -> Line | None:
    """The line through points; `None` where there is no significant ramp upwards."""
    if len(points) < FEWEST_POINTS:
        return None
    count = len(points)
    time = sum(p.time for p in points) / count
    mean = sum(p.rate for p in points) / count
    spread = sum((p.time - time) ** 2 for p in points)
    if spread <= 0:
        return None
    slope = sum((p.time - time) * (p.rate - mean) for p in points) / spread
    poisson = max(mean, 0.0) / points[-1].seconds
    if slope <= SIGMAS * sqrt(poisson / spread):
        return None
    errors = [p.rate - mean - slope * (p.time - time) for p in points]
    left = sum(e * e for e in errors)
    variance = _variance(left, count, poisson, dispersion)
    ended = errors[-1] < -sqrt(variance)
    error = sqrt(variance / spread)
    if ended or slope <= SIGMAS * error:
        return None
    by_chance = max(SIGMAS**2, chi_squared(max(1, count - STEP_PARAMETERS)))
    a_step_will_do = _step_error([p.rate for p in points]) <= by_chance * variance
    return None if a_step_will_do else Line(slope, error, time, mean, left)


def _variance(left: float, count: int, poisson: float, dispersion: float) -> float:
    """Variance of a rate by what the points leave to a line, between Poisson's and the index's.

    The index of dispersion is an estimate from few windows and may be several times too high.
    """
    residual = left / (count - LINE_PARAMETERS)
    return min(max(residual, poisson), max(dispersion, 1.0) * poisson)


def chi_squared(freedom: int) -> float:
    """The squared error, in variances, that chance may leave: 3 sigma above its mean."""
    return freedom + SIGMAS * sqrt(2 * freedom)


def _step_error(rates: Sequence[float]) -> float:
    """Least squared error of two levels; the reading amid the step is free."""
    before = _squared_errors(rates)
    after = _squared_errors(rates[::-1])[::-1]
    return min([left + right for left, right in zip(before, after, strict=True)])


def _squared_errors(rates: Sequence[float]) -> list[float]:
    """Of the rates before each one, about their mean.

    Source: B. P. Welford, Note on a Method for Calculating Corrected Sums of Squares and Products,
    Technometrics 4, 1962.
    """
    errors, mean, error = [0.0], rates[0], 0.0
    for count, rate in enumerate(rates[1:], start=1):
        errors.append(error)
        apart = rate - mean
        mean += apart / (count + 1)
        error += apart * (rate - mean)
    return errors
