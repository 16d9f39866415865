"""Requests that have begun to take longer: the mean of a window says how much once it is over."""

from collections import deque
from dataclasses import dataclass, field
from math import sqrt

from bytebridge.scaling.demand import SIGMAS
from bytebridge.scaling.observation import Readings

COMPARED_SECONDS = 15.0
"""Between two means that are compared."""


@dataclass(slots=True)
class Slowing:
    """Memory of one service."""

    means: deque[tuple[float, float]] = field(default_factory=deque)
    """When, and how long requests took on average of the slow window, seconds."""


def takes_longer(memory: Slowing, readings: Readings, time: float) -> bool:
    """Take in a reading, and say whether the service time rises; not where a fast window tells it.

    Of n requests in W seconds those of the last d are others than before, so that two means differ
    by chance with a standard error of Cs sqrt(2 n d / W) / n; Cs = 1, that of exponential times.

    Args:
        memory: Of this service; updated.
        readings: Present signals.
        time: Of them, seconds.
    """
    service, means = readings.service_seconds, memory.means
    if not readings.requests_per_second or not service or readings.fast_service_seconds is not None:
        means.clear()
        return False
    while len(means) > 1 and means[1][0] <= time - COMPARED_SECONDS:
        means.popleft()
    means.append((time, service))
    window, (then, before) = readings.longest_window, means[0]
    requests, elapsed = readings.longest_rate * window, time - then
    if requests <= 0 or elapsed > window:
        return False
    return service > before * (1 + SIGMAS * sqrt(2 * elapsed / window / requests))
