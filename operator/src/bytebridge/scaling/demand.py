"""How many requests arrive: what the windows say, and what saturation hides."""

from dataclasses import dataclass
from math import sqrt

from bytebridge.scaling.observation import Readings

SHORTEST_STEP_SECONDS = 0.5
"""Differences over less time than this say nothing."""
HIGHEST_RATE = 1e9
SURGE_SIGMAS = 3.0
"""The fast window is trusted above the slow one beyond this many standard deviations."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the next estimate compares with."""

    time: float
    fast_rate: float
    backlog: float | None
    base: float = 0.0
    """Rate before the surge that is under way, or else of the slow window."""
    surging: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """Arrivals a second."""

    rate: float
    surging: bool
    """The fast window, or the growth of the queue, lies clearly above the slow window."""
    sample: Sample


def estimate_demand(
    readings: Readings,
    time: float,
    previous: Sample | None,
    dispersion: float,
) -> Demand | None:
    """Estimate the arrival rate; `None` when no window is known.

    Completions are cut off at saturation, so the growth of the queue is added. A step fills the
    fast window only in part, so its newest share is extrapolated, once it is beyond noise.

    Args:
        readings: Present signals.
        time: Of the observation, seconds.
        previous: The sample of the last estimate.
        dispersion: Index of dispersion of the arrivals, variance over mean of counts
            (R. Gusella, IEEE JSAC 9, 1991).
    """
    windows = readings.requests_per_second
    if not windows:
        return None
    fast_window, slow_window = min(windows), max(windows)
    fast, slow = windows[fast_window], windows[slow_window]
    base = slow if previous is None or not previous.surging else previous.base
    growth = _queue_growth(time, readings.queue_depth, previous)
    noise = SURGE_SIGMAS * sqrt(max(dispersion, 1.0) * max(slow, 1 / slow_window) / fast_window)
    newest = max(fast, _newest_rate(fast, time, previous, fast_window, base, dispersion))
    arrivals = newest + growth
    surging = arrivals > slow + noise
    rate = min(arrivals if surging else max(slow, fast), HIGHEST_RATE)
    return Demand(rate, surging, Sample(time, fast, readings.queue_depth, base, surging))


def _newest_rate(
    fast: float,
    time: float,
    previous: Sample | None,
    window: float,
    base: float,
    dispersion: float,
) -> float:
    """Rate of the part of the window that was not in the last reading.

    rate(t) W = rate(t - d) W + new counts - counts that left. Those that left came before the
    surge, at the base rate, hence new = base + (rate(t) - rate(t - d)) W / d. That is a difference
    of two counts over d, so it is believed only beyond the noise of both.
    """
    if previous is None or not SHORTEST_STEP_SECONDS <= time - previous.time < window:
        return fast
    elapsed = time - previous.time
    step = (fast - previous.fast_rate) * window / elapsed
    noise = SURGE_SIGMAS * sqrt(2 * max(dispersion, 1.0) * max(base, 1 / window) / elapsed)
    return base + step if step > noise else fast


def _queue_growth(time: float, backlog: float | None, previous: Sample | None) -> float:
    """Requests a second that pile up instead of being served; 0 when not known."""
    if previous is None or previous.backlog is None or backlog is None:
        return 0.0
    elapsed = time - previous.time
    if elapsed < SHORTEST_STEP_SECONDS:
        return 0.0
    return max(0.0, backlog - previous.backlog) / elapsed
