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
from bytebridge.scaling.windows import INFERENCE_VARIANCE

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
        """The index of dispersion of the newest count, lateness included.

        The variance of a rate X over T is I X / T, and (X d / T)^2 for a lateness that deviates by
        d. Rates that are inferred from two windows deviate as if they were counted over less.

        Args:
            index: Of the arrivals.
            newest: The last reading; `None`: there is none.
        """
        if not self.seconds or newest is None or newest.time - self.seen_at > FORGOTTEN_SECONDS:
            return index
        share = self.seconds / LATEST_SIGMAS / _interval(newest)
        return max(index, 1.0) + newest.fast * newest.seconds * share**2


def _interval(point: Point) -> float:
    """Seconds in which that came of which its rate is."""
    return point.counted_seconds or point.seconds * INFERENCE_VARIANCE


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
    if peak.backlog or dip.backlog:
        return
    chance = sqrt(max(index, 1.0) * max(dip.rate, 0.0) / dip.seconds)
    if peak.rate - dip.rate <= 2 * CERTAIN_SIGMAS * chance:
        return
    load = median(point.rate for point in history[-BASE_POINTS - 2 : -2])
    sigma = sqrt(max(index, 1.0) * load / dip.seconds)
    over, under = peak.rate - load, load - dip.rate
    alike = abs(over - under) <= ALIKE_SIGMAS * sqrt(2) * sigma
    if alike and min(over, under) > CERTAIN_SIGMAS * sigma > 0:
        late = min(over, under) / load * _interval(dip)
        forgotten = dip.time - memory.seen_at > FORGOTTEN_SECONDS
        memory.seconds = late if forgotten else max(memory.seconds, late)
        memory.seen_at = dip.time
