"""Shapes of load: the mean requests a second in each second of a run."""

import math
from random import Random

Rates = tuple[float, ...]


def steady(rate: float, seconds: int) -> Rates:
    """A constant rate."""
    return (rate,) * seconds


def surge(
    low: float,
    high: float,
    *,
    ramp: int = 0,
    start: int = 300,
    plateau: int = 600,
    seconds: int = 1800,
) -> Rates:
    """A rise to a plateau and the same fall.

    Args:
        low: Requests a second before and after.
        high: Requests a second on the plateau.
        ramp: Seconds of the linear rise, and of the fall; 0 is a step.
        start: Second at which the rise begins.
        plateau: Seconds at the high rate.
        seconds: Length of the run.
    """
    return tuple(
        low + (high - low) * _surge_level(i + 0.5 - start, ramp, plateau) for i in range(seconds)
    )


def _surge_level(after_start: float, ramp: int, plateau: int) -> float:
    if ramp == 0:
        return 1.0 if 0 <= after_start < plateau else 0.0
    rise = after_start / ramp
    fall = (2 * ramp + plateau - after_start) / ramp
    return max(0.0, min(1.0, rise, fall))


def flashes(
    low: float, high: float, starts: tuple[int, ...], *, length: int = 60, seconds: int = 1800
) -> Rates:
    """Short rectangular surges.

    Args:
        low: Requests a second between the flashes.
        high: Requests a second during a flash.
        starts: Seconds at which flashes begin.
        length: Seconds of a flash.
        seconds: Length of the run.
    """
    return tuple(
        high if any(start <= i < start + length for start in starts) else low
        for i in range(seconds)
    )


def drawn_surges(low: float, high: float, pause: float, seconds: int, random: Random) -> Rates:
    """Rectangular surges of about a minute, whose pauses, lengths and heights are drawn.

    Args:
        low: Requests a second between the surges.
        high: Requests a second during a surge, on average; each is within 30 % of it.
        pause: Mean seconds from the end of a surge to the next; exponential.
        seconds: Length of the run.
        random: Source of the draws.
    """
    rates = [low] * seconds
    begins = random.expovariate(1 / pause)
    while begins < seconds:
        ends = begins + random.uniform(30, 90)
        height = high * random.uniform(0.7, 1.3)
        span = range(int(begins), min(int(ends), seconds))
        rates[span.start : span.stop] = [height] * len(span)
        begins = ends + random.expovariate(1 / pause)
    return tuple(rates)


def diurnal(low: float, high: float, *, period: int = 3600, seconds: int = 3600) -> Rates:
    """A day in `period` seconds: a sine between two rates that begins at the low one."""
    middle, swing = (low + high) / 2, (high - low) / 2
    return tuple(
        middle - swing * math.cos(2 * math.pi * (i + 0.5) / period) for i in range(seconds)
    )


def wandering(middle: float, spread: float, memory: float, seconds: int, random: Random) -> Rates:
    """A rate that goes up and down by chance and comes back: exp of an Ornstein-Uhlenbeck process.

    Source: G. E. Uhlenbeck and L. S. Ornstein, "On the Theory of the Brownian Motion", Physical
    Review 36, 1930.

    Args:
        middle: Requests a second, the median.
        spread: Standard deviation of its logarithm.
        memory: Seconds after which a deviation has faded to 1/e.
        seconds: Length of the run.
        random: Source of the draws.
    """
    kept = math.exp(-1 / memory)
    noise = spread * math.sqrt(1 - kept * kept)
    rates, deviation = [], 0.0
    for _ in range(seconds):
        deviation = kept * deviation + noise * random.gauss(0, 1)
        rates.append(middle * math.exp(deviation))
    return tuple(rates)
