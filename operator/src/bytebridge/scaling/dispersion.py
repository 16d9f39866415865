"""How bursty arrivals are: the index of dispersion, variance over mean of counts.

Source: R. Gusella, Characterizing the Variability of Arrival Processes with Indexes of Dispersion,
IEEE JSAC 9, 1991.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, inf

from bytebridge.scaling.history import Point
from bytebridge.scaling.hold import HoldWindow

NOMINAL_SECONDS = 15.0
"""Of the counts that the index is of."""
SAMPLES_PER_WINDOW = 3
"""Readings closer together tell the same: a step would be in most of them."""
RECENT = 12 * SAMPLES_PER_WINDOW
"""Readings that are remembered: of twelve windows, of which a step disturbs three."""
FEWEST = 12
FEWEST_NEWEST = 6
FIRST_SECONDS = 150.0
"""Of the arrivals that are seen, after which nobody waits for an index any more."""
PEAK_SECONDS = 1_200.0
"""What has not come for so long is no part of what bursts are expected to come to."""
PEAK_RESOLUTION_SECONDS = 60.0
KNOWN_SECONDS = 600.0
"""Of the arrivals that are seen, after which the most of them tells what bursts come to."""
MOST_ESTIMATES = 60
"""Of which the index is the mean, of some five minutes: a single one is as often half of it."""
INDEX_BY_CHANCE = 1.5
"""Times that the index may be higher than that mean: two of its standard errors."""
TOLERANCE_SECONDS = 0.5
QUEUE_SHARE = 0.05
SECOND_DIFFERENCE = 6.0
"""Variance of x - 2y + z, in that of one of three independent counts."""
MEDIAN_OF_SQUARE = 0.55
"""Of squares of a standard normal variable, as few as are remembered, which overlap: the mean of
their median, by simulation. That of many is 0.4549; by it Poisson arrivals had an index of 1.2."""


def skewness(sigmas: float) -> float:
    """Requests by which a count's upper quantile lies above mean and standard deviations.

    (z^2 - 1) / 6 times the skewness times the deviation (E. Cornish and R. Fisher, Moments and
    Cumulants in the Specification of Distributions, 1937), of a Poisson count: the same whatever
    the mean is, so it matters where requests are few.

    Args:
        sigmas: Standard deviations of the quantile, z.
    """
    return (sigmas * sigmas - 1) / 6


@dataclass(slots=True)
class Dispersion:
    """Memory of one service."""

    index: float = 1.0
    """Variance over mean of counts of `NOMINAL_SECONDS`; 1 is Poisson."""
    squares: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    estimates: int = 0
    """That the index is the mean of."""
    taken_at: float = float("-inf")
    """When the last reading was taken in."""
    first_at: float | None = None
    """When arrivals were first seen."""
    peak: int = 0
    """Most that came in one interval of the present minute, requests a second, rounded up."""
    peaks: HoldWindow = field(default_factory=HoldWindow)
    """The same of each minute before."""
    peak_before: int = 0
    """The largest of those."""
    minute_ends: float = float("-inf")

    def highest(self, time: float) -> float:
        """The most that came in one interval of late, requests a second; infinite: not known."""
        if self.first_at is None or time - self.first_at < KNOWN_SECONDS:
            return inf
        return max(self.peak, self.peak_before)

    def unknown(self, time: float) -> bool:
        """Whether it is too soon to say how bursty arrivals are."""
        if self.first_at is None or len(self.squares) >= FEWEST:
            return False
        return time - self.first_at < FIRST_SECONDS


def observe_arrivals(
    memory: Dispersion, history: Sequence[Point], window_seconds: float, *, inferred: bool = False
) -> None:
    """Take in the newest reading.

    Second differences of windows that do not overlap know no trend, and their median no single
    step: neither a load that rises steadily nor one that rose at once is bursty.

    Args:
        memory: Of this service; updated.
        history: Newest last.
        window_seconds: Of the fast rate.
        inferred: Arrivals are completions and the growth of the queue. While that moves, they are
            wrong by what gives up, and by what is late: by a twentieth, where chance is less.
    """
    if not history:
        return
    if memory.first_at is None and history[-1].rate > 0:
        memory.first_at = history[-1].time
    _observe_peak(memory, history[-1])
    newest_seconds = history[-1].counted_seconds
    apart = newest_seconds >= NOMINAL_SECONDS - TOLERANCE_SECONDS
    seconds = newest_seconds if apart else window_seconds
    if history[-1].time - memory.taken_at < seconds / SAMPLES_PER_WINDOW - TOLERANCE_SECONDS:
        return
    if len(memory.squares) < FEWEST and not inferred:
        memory.index = _first_guess(history) or memory.index
    points = _apart(history, seconds)
    rates = [point.rate if apart else point.fast for point in points]
    mean = sum(rates) / len(rates) if rates else 0.0
    if len(rates) < 3 or mean <= 0:
        return
    if inferred and _queue_moved(points, mean * seconds):
        return
    newest, middle, oldest = rates
    change = newest - 2 * middle + oldest
    memory.taken_at = history[-1].time
    memory.squares.append(change * change * seconds / (SECOND_DIFFERENCE * mean))
    if len(memory.squares) >= FEWEST:
        median = sorted(memory.squares)[len(memory.squares) // 2]
        estimate = _nominal(median / MEDIAN_OF_SQUARE, seconds)
        memory.estimates = min(memory.estimates + 1, MOST_ESTIMATES)
        memory.index += (estimate - memory.index) / memory.estimates


def _observe_peak(memory: Dispersion, newest: Point) -> None:
    if newest.time >= memory.minute_ends:
        memory.peaks.add(newest.time, memory.peak)
        memory.peak_before = memory.peaks.largest(newest.time, PEAK_SECONDS)
        memory.peak, memory.minute_ends = 0, newest.time + PEAK_RESOLUTION_SECONDS
    if newest.rate > memory.peak:
        memory.peak = ceil(newest.rate)


def _first_guess(history: Sequence[Point]) -> float | None:
    """From the newest counts, until there are windows enough; `None`: not even of those.

    Otherwise a load that is bursty would look like a surge again and again to an operator that has
    just begun. One step disturbs two second differences of six.
    """
    squares = [
        (newest.rate - 2 * middle.rate + oldest.rate) ** 2
        * newest.seconds
        / (SECOND_DIFFERENCE * max(middle.rate, 1 / middle.seconds))
        for oldest, middle, newest in zip(history, history[1:], history[2:], strict=False)
        if oldest.counted_seconds and middle.counted_seconds and newest.counted_seconds
    ]
    if len(squares) < FEWEST_NEWEST:
        return None
    return max(1.0, sorted(squares)[len(squares) // 2] / MEDIAN_OF_SQUARE)


def _queue_moved(points: Sequence[Point], count: float) -> bool:
    """Whether a window's count was made up from the queue by more than a twentieth."""
    backlogs = [point.backlog or 0.0 for point in points]
    return max(backlogs) - min(backlogs) > QUEUE_SHARE * count


def _nominal(index: float, seconds: float) -> float:
    """The index of counts of `NOMINAL_SECONDS` whose rate varies as much as that of longer ones."""
    return 1 + (index - 1) * min(1.0, NOMINAL_SECONDS / seconds) if index > 1 else index


def _apart(history: Sequence[Point], window_seconds: float) -> list[Point]:
    """Now, and one and two windows ago; fewer where not that much is known."""
    found: list[Point] = []
    wanted = history[-1].time
    for point in reversed(history):
        if point.time <= wanted + TOLERANCE_SECONDS:
            found.append(point)
            wanted = point.time - window_seconds
            if len(found) == 3:
                break
    return found
