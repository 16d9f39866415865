"""When requests come: Poisson and bursty arrivals along a rate profile."""

import math
from collections.abc import Sequence
from random import Random

BURST_SECONDS = 2.0
"""How long a burst lasts when arrivals are burstier than Poisson."""


def poisson(rates: Sequence[float], random: Random) -> list[float]:
    """Draw the arrivals of a Poisson process whose rate changes each second.

    Exact for a piecewise constant rate: the exponential clock has no memory, so it starts anew at
    each boundary (Cinlar 1975, non-stationary Poisson processes).

    Args:
        rates: Requests a second in each second.
        random: Source of the draws.

    Returns:
        Times in seconds, ascending.
    """
    times: list[float] = []
    append, log, uniform = times.append, math.log, random.random
    for second, rate in enumerate(rates):
        if rate <= 0:
            continue
        end, mean_gap = second + 1.0, 1.0 / rate
        now = second - log(1.0 - uniform()) * mean_gap
        while now < end:
            append(now)
            now -= log(1.0 - uniform()) * mean_gap
    return times


def bursty_rates(rates: Sequence[float], dispersion: float, random: Random) -> list[float]:
    """Modulate a rate profile so that Poisson arrivals along it have an index of dispersion.

    Each block of `BURST_SECONDS` has its rate multiplied by a gamma variate of mean 1 and variance
    v. Counts over windows longer than a block then have the index of dispersion
    1 + rate * v * block (Gusella 1991), which is solved for v.

    Args:
        rates: Mean requests a second in each second.
        dispersion: Variance over mean of the counts, > 1 (1 is Poisson).
        random: Source of the draws.

    Returns:
        Requests a second in each second, the mean kept.
    """
    block = int(BURST_SECONDS)
    result: list[float] = []
    for start in range(0, len(rates), block):
        mean = max(rates[start], 1e-9)
        variance = (dispersion - 1) / (mean * BURST_SECONDS)
        factor = random.gammavariate(1 / variance, variance)
        result += [rate * factor for rate in rates[start : start + block]]
    return result
