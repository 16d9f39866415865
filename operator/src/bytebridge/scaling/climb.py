"""A load that rises for many minutes: what it comes to when pods that take minutes are Ready.

A minute of readings tells a slope well enough for half a minute ahead. What is carried on for five
minutes has to be known ten times as well, and a line through five minutes tells it so.
"""

from collections import deque
from dataclasses import dataclass, field
from math import sqrt

from bytebridge.scaling.demand import Demand
from bytebridge.scaling.history import Point
from bytebridge.scaling.trend import (
    CARRIED_ON,
    LINE_PARAMETERS,
    MOST_GROWTH,
    chi_squared,
    rising_line,
)

MEAN_SECONDS = 30.0
"""Of the means that a line is drawn through."""
WINDOWS = (4, 7, 12, 20)
"""Means that a line is drawn through, the newest: two minutes to ten."""
ENDED_SIGMAS = 2.0
"""A fast window so far below the line ends a rise; where chance did, what it asked for is held."""
MISSING_COUNTS = 3.0
"""Counts that may be missing in a row; after more of them the means begin anew."""


@dataclass(slots=True)
class Climb:
    """Memory of one service."""

    means: deque[Point] = field(default_factory=lambda: deque(maxlen=WINDOWS[-1]))
    """Oldest first; the time is the middle of what each is of."""
    requests: float = 0.0
    """Of the mean that is open."""
    seconds: float = 0.0
    """Likewise."""
    seen_at: float | None = None
    """When the newest count was read; `None`: there was none."""
    slope: float = 0.0
    """Requests a second, a second, less one standard error; 0: no rise has lasted for minutes."""
    lasted: float = 0.0
    """Seconds for which it has been seen to rise along a line."""
    time: float = 0.0
    """Of a point of the line."""
    rate: float = 0.0
    """Of that point."""


def observe_climb(memory: Climb, demand: Demand, dispersion: float) -> None:
    """Take in the newest count.

    Args:
        memory: Of this service; updated.
        demand: Of a reading that is new.
        dispersion: Index of dispersion of the arrivals.
    """
    newest = demand.sample.history[-1]
    elapsed = newest.seconds if memory.seen_at is None else newest.time - memory.seen_at
    memory.seen_at = newest.time
    if elapsed > max(MEAN_SECONDS, MISSING_COUNTS * newest.seconds):
        memory.means.clear()
        memory.requests = memory.seconds = memory.slope = 0.0
        elapsed = newest.seconds
    memory.requests += newest.rate * elapsed
    memory.seconds += elapsed
    if memory.seconds < MEAN_SECONDS:
        return
    middle, mean = newest.time - memory.seconds / 2, memory.requests / memory.seconds
    memory.means.append(Point(middle, mean, seconds=memory.seconds))
    memory.requests = memory.seconds = 0.0
    _draw_line(memory, dispersion)


def climbing_rate(
    memory: Climb, demand: Demand, time: float, horizon_seconds: float, dispersion: float
) -> float:
    """The rate that a rise of minutes comes to after a time; 0 where there is none.

    Args:
        memory: Of this service.
        demand: At present.
        time: Now.
        horizon_seconds: How far to look ahead.
        dispersion: Index of dispersion of the arrivals.
    """
    if not memory.slope or not demand.fast_seconds:
        return 0.0
    behind = demand.age_seconds + demand.fast_seconds / 2
    expected = memory.rate + memory.slope * (time - behind - memory.time)
    noise = sqrt(max(dispersion, 1.0) * max(expected, 0.0) / demand.fast_seconds)
    if demand.fast < expected - ENDED_SIGMAS * noise:
        return 0.0  # It has ended since the last mean.
    carried_on = min(horizon_seconds, CARRIED_ON * memory.lasted)
    ahead = memory.rate + memory.slope * (time + carried_on - memory.time)
    return min(ahead, MOST_GROWTH * demand.rate)


def _draw_line(memory: Climb, dispersion: float) -> None:
    """The steepest of the lines that explain their means, each less its standard error.

    The newest few tell a rise that has just begun, many tell a slow one.
    """
    means = tuple(memory.means)
    memory.slope = 0.0
    for count in WINDOWS:
        points = means[-count:]
        line = rising_line(points, dispersion)
        if line is None:
            continue
        variance = max(dispersion, 1.0) * line.rate / points[-1].seconds
        if line.left > variance * chi_squared(len(points) - LINE_PARAMETERS):
            continue
        memory.lasted = points[-1].time - points[0].time
        if line.slope - line.error > memory.slope:
            memory.slope, memory.time, memory.rate = line.slope - line.error, line.time, line.rate
