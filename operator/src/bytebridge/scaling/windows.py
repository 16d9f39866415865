"""The rates of a counter by window, and the newest rate that two windows hold."""

from typing import NamedTuple

from bytebridge.scaling.history import SHORTEST_STEP_SECONDS, TOLERANCE_SECONDS, Sample
from bytebridge.scaling.observation import Readings
from bytebridge.scaling.wholeness import Wholeness

INFERENCE_VARIANCE = 1.7
"""Variance of a rate inferred from two windows, in that of a count over the time between them."""
SHORTEST_SHARE = 0.25
"""Of the fast window, between two readings of it that are compared."""
FORGETTING = 0.2
"""Share of the windows around it in what is taken to have left the fast window."""


class Windows(NamedTuple):
    """Rates by length of window; `newest` is absent unless a third, shorter window is known."""

    fast: float
    fast_seconds: float
    slow: float
    slow_seconds: float
    newest: float | None = None
    newest_seconds: float = 0.0
    inferred: bool = False
    left_out: float = 0.0
    """Seconds of a window that its samples do not cover."""

    def covered(self, seconds: float) -> float:
        """Seconds that a window of this length counts.

        Two samples are the least that a rate can be made of, so an interval is, or all of a window
        that is shorter.
        """
        return max(seconds - self.left_out, min(seconds, self.left_out))


def split(readings: Readings, left_out: float) -> Windows | None:
    """Which window is which; `None` when no window is known.

    Args:
        readings: Present signals.
        left_out: Seconds of a window that its samples do not cover.
    """
    ascending = sorted(readings.requests_per_second.items())
    if not ascending:
        return None
    slow_seconds, slow = ascending[-1]
    if len(ascending) < 3:
        fast_seconds, fast = ascending[0]
        return Windows(fast, fast_seconds, slow, slow_seconds, left_out=left_out)
    (newest_seconds, newest), (fast_seconds, fast) = ascending[0], ascending[1]
    return Windows(
        fast, fast_seconds, slow, slow_seconds, newest, newest_seconds, left_out=left_out
    )


def compare_windows(windows: Windows, time: float, previous: Sample) -> Wholeness:
    """Compare the slow window with as many fast ones, end to end, once it is full.

    Not while requests wait: completions are then as steady as service times are, and tell nothing.

    Args:
        windows: Present rates.
        time: Of them, seconds.
        previous: The sample of the last estimate.
    """
    before, interval = previous.wholeness, time - previous.time
    if time - before.compared_at < windows.fast_seconds - TOLERANCE_SECONDS:
        return before
    if not SHORTEST_STEP_SECONDS <= interval < windows.fast_seconds:
        return before
    if previous.known_since is None or time - previous.known_since < windows.slow_seconds:
        return before
    count = round(windows.slow_seconds / windows.fast_seconds)
    even = abs(count * windows.fast_seconds - windows.slow_seconds) < TOLERANCE_SECONDS
    if previous.completions or previous.backlog or not even:
        return before
    if count < 2 or windows.slow <= 0:
        return before
    fasts = [windows.fast]
    for place in range(1, count):
        then = time - place * windows.fast_seconds
        point = previous.point_at(then)
        if point is None or then - point.time > TOLERANCE_SECONDS:
            return before
        fasts.append(point.fast)
    counted = count * (windows.fast_seconds - interval)
    chance = windows.slow * (1 / counted - 1 / (windows.slow_seconds - interval))
    error = (sum(fasts) / count - windows.slow) ** 2 / chance
    return before.with_reading(error, time)


def with_inferred_newest(windows: Windows, time: float, previous: Sample | None) -> Windows:
    """A newest rate from two readings of the fast window, where none of its own is known.

    rate(t) W = rate(t - d) W + counts of the last d - counts that left, W being what the window
    counts. d is a quarter of the window at least, as counts of less are noise. What left was
    estimated as the newest then; a part of what the windows that counted it say, which lie evenly
    around it, keeps errors of it from going on for ever. What came since is no more than all that
    the window counts: a counter that breaks off is no load that swings.
    """
    if previous is None or previous.known_since is None:
        return windows
    if time - previous.known_since < windows.fast_seconds:
        return windows
    if previous.fast[0] not in (0.0, windows.fast_seconds):
        return windows  # Readings of different windows do not compare.
    before = _before(previous, time, windows.fast_seconds)
    if before is None or time - previous.time < SHORTEST_STEP_SECONDS:
        return windows
    then, fast_then = before
    elapsed, covered = time - then, windows.covered(windows.fast_seconds)
    if covered < elapsed:
        return windows
    left = previous.rate_at(time - covered)
    around = [p.fast for p in previous.since(time - covered)] or [fast_then]
    left += FORGETTING * (sum(around) / len(around) - left)
    newest = max(0.0, left + (windows.fast - fast_then) * covered / elapsed)
    newest = min(newest, windows.fast * covered / elapsed)
    return windows._replace(
        newest=newest, newest_seconds=elapsed / INFERENCE_VARIANCE, inferred=True
    )


def _before(previous: Sample, time: float, fast_seconds: float) -> tuple[float, float] | None:
    """When the fast window was read a quarter of it ago, and what it was."""
    then = time - SHORTEST_SHARE * fast_seconds
    point = previous.point_at(then)
    if point is not None:
        return point.time, point.fast
    return (previous.time, previous.fast_rate) if previous.time <= then else None
