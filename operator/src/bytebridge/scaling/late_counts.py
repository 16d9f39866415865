"""Counters that are answered late: a peak that the next reading takes back.

Prometheus stamps a sample with the time at which it asked for it. A process that is busy, or a
Prometheus that is, counts what came until it answered too: that reading has more than came, and the
next one has as many less. One such reading in fifty, two seconds late, looked like a surge each
time, and asked for all replicas that were allowed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import median

from bytebridge.scaling.history import Point

BASE_POINTS = 4
"""Readings before a peak, whose median is the load."""
CERTAIN_SIGMAS = 4.0
"""Of chance in a count: a peak, and what is taken back, stand out by more."""
ALIKE_SIGMAS = 3.0
"""By which the two may differ."""
FORGOTTEN_SECONDS = 86_400.0
LATEST_SIGMAS = 2.5
"""The latest that was seen, in standard deviations of what is expected."""


@dataclass(slots=True)
class LateCounts:
    """Memory of one service."""

    seconds: float = 0.0
    """By how much the latest count was late; 0: none was."""
    seen_at: float = -inf

    def dispersion(self, index: float, newest: Point | None) -> float:
        """The index of dispersion of the newest counts, lateness included.

        Variance of a count over T: I X T, and (X d)^2 for a lateness with a deviation of d.

        Args:
            index: Of the arrivals.
            newest: The last reading; `None`: there is none.
        """
        if not self.seconds or newest is None or newest.time - self.seen_at > FORGOTTEN_SECONDS:
            return index
        deviation = self.seconds / LATEST_SIGMAS
        return max(index, 1.0) + newest.fast * deviation**2 / newest.seconds


def observe_late_counts(memory: LateCounts, history: Sequence[Point], index: float) -> None:
    """Take in the newest reading.

    Args:
        memory: Of this service; updated.
        history: Newest last.
        index: Of dispersion of the arrivals.
    """
    if len(history) < BASE_POINTS + 2:
        return
    peak, dip = history[-2], history[-1]
    if not peak.counted_seconds or not dip.counted_seconds or peak.backlog or dip.backlog:
        return
    load = median(point.rate for point in history[-BASE_POINTS - 2 : -2])
    sigma = sqrt(max(index, 1.0) * load / dip.counted_seconds)
    over, under = peak.rate - load, load - dip.rate
    alike = abs(over - under) <= ALIKE_SIGMAS * sqrt(2) * sigma
    if alike and min(over, under) > CERTAIN_SIGMAS * sigma > 0:
        late = min(over, under) / load * dip.counted_seconds
        forgotten = dip.time - memory.seen_at > FORGOTTEN_SECONDS
        memory.seconds = late if forgotten else max(memory.seconds, late)
        memory.seen_at = dip.time
