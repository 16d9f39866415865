"""How bursty arrivals are: the index of dispersion, variance over mean of counts.

Source: R. Gusella, Characterizing the Variability of Arrival Processes with Indexes of Dispersion,
IEEE JSAC 9, 1991.
"""

from collections.abc import Sequence
from math import exp

from bytebridge.scaling.trend import Point

MEMORY_SECONDS = 600.0
LARGEST = 16.0
TOLERANCE_SECONDS = 0.5
SECOND_DIFFERENCE = 6.0
"""Variance of x - 2y + z, in that of one of three independent counts."""


def smoothed_dispersion(
    previous: float, history: Sequence[Point], window_seconds: float, age_seconds: float
) -> float:
    """The index of dispersion of counts over the fast window, exponentially forgotten.

    From second differences of windows that do not overlap: a load that rises or falls steadily is
    not bursty.

    Args:
        previous: Estimate so far.
        history: Newest last.
        window_seconds: Of the fast rate.
        age_seconds: Since the last update.
    """
    rates = _apart(history, window_seconds)
    mean = sum(rates) / len(rates) if rates else 0.0
    if len(rates) < 3 or mean <= 0:
        return previous
    newest, middle, oldest = rates
    change = newest - 2 * middle + oldest
    sample = change * change * window_seconds / (SECOND_DIFFERENCE * mean)
    weight = 1 - exp(-age_seconds / MEMORY_SECONDS)
    return previous + weight * (min(sample, LARGEST) - previous)


def _apart(history: Sequence[Point], window_seconds: float) -> list[float]:
    """The fast rate now, and one and two windows ago; fewer where not that much is known."""
    rates: list[float] = []
    wanted = history[-1].time if history else 0.0
    for point in reversed(history):
        if point.time <= wanted + TOLERANCE_SECONDS:
            rates.append(point.fast)
            wanted = point.time - window_seconds
            if len(rates) == 3:
                break
    return rates
