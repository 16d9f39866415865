"""How many requests arrive: what the windows say, and what saturation hides."""

from dataclasses import dataclass, replace
from math import sqrt

from bytebridge.scaling.observation import Readings
from bytebridge.scaling.trend import Point

SHORTEST_STEP_SECONDS = 0.5
"""Differences over less time than this say nothing."""
HIGHEST_RATE = 1e9
SIGMAS = 3.0
"""A shorter window is trusted against a longer one beyond this many standard deviations."""
HISTORY_SECONDS = 65.0
"""The slow window and a tick."""
TELLING_GROWTH = 0.3
"""Growth of a queue, in what is served, from which it tells what a counter counts."""
SAME = 0.05
TOLERANCE_SECONDS = 0.5
INFERENCE_VARIANCE = 1.7
"""Variance of a rate inferred from two windows, in that of a count over the time between them."""
FORGETTING = 0.2
"""Share of the slow rate in what is taken to have left the fast window."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the next estimate compares with."""

    time: float
    fast_rate: float
    backlog: float | None
    fast: tuple[float, float] = (0.0, 0.0)
    """Length of the fast window, seconds, and when it was last known; length 0: never."""
    ready_throughput: float | None = None
    least_throughput: float | None = None
    """Of the Ready replicas now and one estimate before: what scrapes tell is up to a tick older
    than what is known of the pods."""
    known_since: float = float("-inf")
    """Since when rates are known without a break: a window is not full before."""
    completions: bool | None = None
    """The counter counts completed requests; `None` until a backlog has told."""
    history: tuple[Point, ...] = ()
    """Newest rates and backlogs of the last minute, oldest first."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Arrivals a second."""

    rate: float
    surging: bool
    """The newest rate lies clearly above that of the slow window."""
    rising: bool
    """The fast window lies above the slow one by more than one standard deviation."""
    fast: float
    """Of the fast window."""
    fast_seconds: float
    newest: float | None
    """Since the observation before, as it was counted or inferred; `None`: not known."""
    ended: bool
    """The fast window is known no more: series have ended, and the slow rate only decays."""
    sample: Sample


@dataclass(frozen=True, slots=True)
class _Windows:
    """Rates by length of window; `newest` is absent unless a third, shorter window is known."""

    fast: float
    fast_seconds: float
    slow: float
    slow_seconds: float
    newest: float | None = None
    newest_seconds: float = 0.0
    inferred: bool = False


def estimate_demand(
    readings: Readings,
    time: float,
    previous: Sample | None,
    dispersion: float,
    ready_throughput: float | None = None,
) -> Demand | None:
    """Estimate the arrival rate; `None` when no window is known.

    The slow window has the least noise and is believed as long as the faster ones do not
    contradict it. Completions are cut off at saturation, so the growth of the queue is added to
    what the ready replicas can have served meanwhile.

    Args:
        readings: Present signals.
        time: Of the observation, seconds.
        previous: The sample of the last estimate.
        dispersion: Index of dispersion of the arrivals, variance over mean of counts
            (R. Gusella, IEEE JSAC 9, 1991).
        ready_throughput: Requests a second of the ready replicas when busy; `None`: not known.
    """
    windows = _split(readings)
    if windows is None:
        return None
    known_since = time if previous is None else previous.known_since
    fast = _known_fast(windows, time, previous)
    if time - known_since < windows.slow_seconds:
        windows = replace(windows, slow=windows.fast, slow_seconds=windows.fast_seconds)
    completions = _counts_completions(windows, readings, time, previous, ready_throughput)
    if completions and previous is not None:
        windows = _as_arrivals(windows, readings.queue_depth, time, previous)
    if windows.newest is None and not completions:
        windows = _with_inferred_newest(windows, time, previous)
    newest = _newest_rate(windows, dispersion)
    saturated = _saturated_rate(readings, time, previous, newest, ready_throughput)
    counted = windows.newest
    if saturated is not None:
        # The inferred rate is the less certain of the two, but the first to see a step.
        was_saturated = previous is not None and bool(previous.backlog)
        newest = max(windows.fast if was_saturated else newest, saturated)
        if windows.inferred and was_saturated:
            counted = newest
    newest = min(newest, HIGHEST_RATE)
    noise = _noise(windows.slow, windows.fast_seconds, dispersion)
    surging = newest > windows.slow + noise
    if surging:
        rate = newest
    elif windows.fast < windows.slow - noise:
        rate = windows.fast
    else:
        rate = windows.slow
    # A trend is found in raw counts: it averages their noise by itself.
    point = newest if counted is None else max(counted, saturated or 0.0)
    seconds = windows.newest_seconds or windows.fast_seconds
    here = Point(time, min(point, HIGHEST_RATE), windows.fast, seconds, readings.queue_depth)
    sample = Sample(
        time,
        windows.fast,
        readings.queue_depth,
        fast,
        ready_throughput,
        _least(ready_throughput, previous),
        known_since,
        completions,
        (*_recent(previous, time), here),
    )
    rising = surging or windows.fast > windows.slow + noise / SIGMAS
    rate = min(rate, HIGHEST_RATE)
    ended = windows.fast_seconds > fast[0]
    return Demand(
        rate, surging, rising, windows.fast, windows.fast_seconds, windows.newest, ended, sample
    )


def _known_fast(windows: _Windows, time: float, previous: Sample | None) -> tuple[float, float]:
    """The fast window and when it was known; a longer one takes its place when it stays away.

    Where series have ended, the slow rate decays for as long as its window, and then ends too.
    """
    known, at = (0.0, 0.0) if previous is None else previous.fast
    stays_away = time - at > windows.slow_seconds
    if not known or windows.fast_seconds <= known or stays_away:
        return windows.fast_seconds, time
    return known, at


def _split(readings: Readings) -> _Windows | None:
    ascending = sorted(readings.requests_per_second.items())
    if not ascending:
        return None
    slow_seconds, slow = ascending[-1]
    if len(ascending) < 3:
        fast_seconds, fast = ascending[0]
        return _Windows(fast, fast_seconds, slow, slow_seconds)
    (newest_seconds, newest), (fast_seconds, fast) = ascending[0], ascending[1]
    return _Windows(fast, fast_seconds, slow, slow_seconds, newest, newest_seconds)


def _counts_completions(
    windows: _Windows,
    readings: Readings,
    time: float,
    previous: Sample | None,
    ready_throughput: float | None,
) -> bool | None:
    """Whether the counter counts completions: while requests pile up, it reads what is served.

    A counter of arrivals reads that and the growth of the queue.
    """
    known = None if previous is None else previous.completions
    growth = queue_growth(readings, time, previous)
    if growth is None or not ready_throughput or previous is None or not previous.backlog:
        return known
    before = previous.ready_throughput
    if before is None or abs(ready_throughput - before) > SAME * before:
        return known  # Pods became Ready in between: what was served is not known.
    if growth < TELLING_GROWTH * ready_throughput:
        return known
    counted = windows.fast if windows.newest is None else windows.newest
    return counted < ready_throughput + growth / 2


def _as_arrivals(
    windows: _Windows, backlog: float | None, time: float, previous: Sample
) -> _Windows:
    """Arrivals in a window = completions in it + growth of the queue over it."""
    if backlog is None:
        return windows
    interval = time - previous.time

    def arrivals(rate: float, seconds: float) -> float:
        then = _backlog_at(previous, time - seconds)
        return rate if then is None else max(0.0, rate + (backlog - then) / seconds)

    def steadier(rate: float, window: float, before: float) -> float:
        # Samples may cover a window, or an interval less that was extrapolated: nobody tells. While
        # a backlog comes or goes, the wrong one of the two makes a load swing that does not.
        spans = (window, max(window - interval, interval))
        return min((arrivals(rate, s) for s in spans), key=lambda found: abs(found - before))

    fast = steadier(windows.fast, windows.fast_seconds, previous.fast_rate)
    newest = windows.newest
    return replace(
        windows,
        fast=fast,
        slow=steadier(windows.slow, windows.slow_seconds, fast),
        newest=None if newest is None else arrivals(newest, windows.newest_seconds),
    )


def _backlog_at(previous: Sample, time: float) -> float | None:
    """What waited then, or at the oldest moment that is remembered."""
    known = previous.history
    before = [p.backlog for p in known if p.time <= time + TOLERANCE_SECONDS]
    return before[-1] if before else (known[0].backlog if known else None)


def _noise(rate: float, seconds: float, dispersion: float) -> float:
    """What a count over `seconds` may deviate from its mean by chance, as a rate."""
    return SIGMAS * sqrt(max(dispersion, 1.0) * max(rate, 1 / seconds) / seconds)


def _recent(previous: Sample | None, time: float) -> tuple[Point, ...]:
    if previous is None:
        return ()
    return tuple(p for p in previous.history if time - HISTORY_SECONDS <= p.time < time)


def _newest_rate(windows: _Windows, dispersion: float) -> float:
    """The rate of the last seconds where it differs from the fast window beyond noise."""
    fast, newest = windows.fast, windows.newest
    if newest is None:
        return fast
    noise = _noise(fast, windows.newest_seconds, dispersion)
    # Errors of an inferred rate may go either way, and only an increase is urgent.
    differs = newest - fast if windows.inferred else abs(newest - fast)
    return newest if differs > noise else fast


def _with_inferred_newest(windows: _Windows, time: float, previous: Sample | None) -> _Windows:
    """A newest rate from two readings of the fast window, where none of its own is known.

    rate(t) W = rate(t - d) W + counts of the last d - counts that left. W is what the samples in
    the window cover: an interval less than its length. d is a third of the window at least, as
    counts of less are noise. What left was estimated as the newest then; a part of the slow rate
    keeps errors of it from going on for ever.
    """
    if previous is None or time - previous.known_since < windows.fast_seconds:
        return windows
    if previous.fast[0] not in (0.0, windows.fast_seconds):
        return windows  # Readings of different windows do not compare.
    interval, before = time - previous.time, _before(previous, time, windows.fast_seconds)
    if before is None or interval < SHORTEST_STEP_SECONDS:
        return windows
    then, fast_then = before
    elapsed, covered = time - then, windows.fast_seconds - interval
    if covered < elapsed:
        return windows
    left = _rate_at(previous, time - covered)
    left += FORGETTING * (windows.slow - left)
    newest = max(0.0, left + (windows.fast - fast_then) * covered / elapsed)
    return replace(
        windows, newest=newest, newest_seconds=elapsed / INFERENCE_VARIANCE, inferred=True
    )


def _before(previous: Sample, time: float, fast_seconds: float) -> tuple[float, float] | None:
    """When the fast window was read a third of it ago, and what it was."""
    latest = time - fast_seconds / 3 + TOLERANCE_SECONDS
    if previous.time <= latest:
        return previous.time, previous.fast_rate
    found = (p for p in reversed(previous.history) if p.time <= latest)
    point = next(found, None)
    return None if point is None else (point.time, point.fast)


def _rate_at(previous: Sample, time: float) -> float:
    """The newest rate as it was then, or the oldest that is remembered."""
    known = previous.history
    earlier = [point for point in known if point.time <= time]
    return earlier[-1].rate if earlier else (known[0].rate if known else previous.fast_rate)


def _saturated_rate(
    readings: Readings,
    time: float,
    previous: Sample | None,
    newest: float,
    ready_throughput: float | None,
) -> float | None:
    """Arrivals while requests pile up: growth of the queue + what was served meanwhile.

    Holds for counters of arrivals and of completions alike, as what was served is bounded by what
    the ready replicas can do. `None` when nothing piles up or too little is known.
    """
    growth = queue_growth(readings, time, previous)
    if growth is None or growth <= 0 or previous is None:
        return None
    if ready_throughput is None or previous.least_throughput is None:
        return None
    # Pods that became Ready in between have served for a part of the time only.
    return growth + min(ready_throughput, previous.least_throughput, newest)


def _least(ready_throughput: float | None, previous: Sample | None) -> float | None:
    before = None if previous is None else previous.ready_throughput
    if ready_throughput is None or before is None:
        return ready_throughput
    return min(ready_throughput, before)


def queue_growth(readings: Readings, time: float, previous: Sample | None) -> float | None:
    """Requests a second that pile up, below 0 while a backlog shrinks; `None`: not known."""
    backlog = readings.queue_depth
    if previous is None or previous.backlog is None or backlog is None:
        return None
    elapsed = time - previous.time
    if elapsed < SHORTEST_STEP_SECONDS:
        return None
    return (backlog - previous.backlog) / elapsed
