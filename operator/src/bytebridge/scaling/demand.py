"""How many requests arrive: what the windows say, and what saturation hides."""

from math import sqrt
from typing import NamedTuple

from bytebridge.scaling.counter import as_arrivals, tell_counter
from bytebridge.scaling.dispersion import skewness
from bytebridge.scaling.history import Point, Sample, queue_growth
from bytebridge.scaling.observation import Readings
from bytebridge.scaling.wholeness import UNTOLD, Wholeness
from bytebridge.scaling.windows import Windows, compare_windows, split, with_inferred_newest

HIGHEST_RATE = 1e9
SIGMAS = 3.0
"""A shorter window is trusted against a longer one beyond this many standard deviations."""


class Demand(NamedTuple):
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
    age_seconds: float = 0.0
    """Since it was read."""
    served: float = 0.0
    """By the Ready replicas, at least; 0: not known."""
    newest_dispersion: float = 1.0
    """Index of dispersion of the newest count."""
    counted: bool = True
    """Otherwise no rate is known, and it is inferred from what waits: a reason to go up only."""
    slowing: bool = False
    """Requests have begun to take longer: what replicas can serve is known at most."""


def estimate_demand(
    readings: Readings,
    time: float,
    previous: Sample | None,
    dispersion: float,
    ready_throughput: float | None = None,
    newest_dispersion: float | None = None,
    served: float = 0.0,
    *,
    holds_waiting: bool = False,
    slowing: bool = False,
) -> Demand | None:
    """Estimate the arrival rate; `None` when neither a window nor a growing queue tells.

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
        newest_dispersion: Of the newest count, which may be late; `None`: the same.
        served: Requests a second that the ready replicas serve at least; 0: not known.
        holds_waiting: The service time that the throughput is reckoned from does.
        slowing: Requests have begun to take longer, so that the throughput is the most there is.
    """
    newest_dispersion = dispersion if newest_dispersion is None else newest_dispersion
    found = split(readings, _left_out(time, previous))
    if found is None:
        return _uncounted(readings, time, previous, ready_throughput, served)
    fast = _known_fast(found, time, previous)
    backlog = readings.queue_depth
    telling = None if slowing else ready_throughput
    counted_as = _read(found, readings, time, previous, telling, holds_waiting=holds_waiting)
    windows = counted_as.windows
    newest = _newest_rate(windows, newest_dispersion)
    saturated = _saturated_rate(readings, time, previous, newest, ready_throughput)
    counted = windows.newest
    if saturated is not None:
        # The inferred rate is the less certain of the two, but the first to see a step.
        was_saturated = previous is not None and bool(previous.backlog)
        elapsed = time - previous.time if previous is not None else 0.0
        if saturated > windows.fast + _noise_above(windows.fast, elapsed, newest_dispersion):
            newest = max(windows.fast if was_saturated else newest, saturated)
        elif was_saturated:
            newest = windows.fast
        if windows.inferred and was_saturated:
            counted = newest
    newest = min(newest, HIGHEST_RATE)
    noise = _noise(windows.slow, windows.fast_seconds, dispersion)
    surging = newest > windows.slow + _noise_above(windows.slow, windows.fast_seconds, dispersion)
    rate = newest if surging else _believed(windows, noise)
    # A trend is found in raw counts: it averages their noise by itself.
    point = newest if counted is None else max(counted, saturated or 0.0)
    seconds = windows.newest_seconds or windows.fast_seconds
    point = min(point, HIGHEST_RATE)
    counted_seconds = 0.0 if windows.inferred else windows.newest_seconds
    here = Point(
        time,
        point,
        fast=windows.fast,
        seconds=seconds,
        backlog=backlog,
        windowed=windows.newest,
        counted_seconds=counted_seconds,
        throughput=ready_throughput,
    )
    sample = Sample(
        time,
        windows.fast,
        backlog,
        fast,
        ready_throughput,
        _least(ready_throughput, previous),
        counted_as.known_since,
        counted_as.told,
        counted_as.wholeness,
        (*previous.recent(time, found.slow_seconds), here) if previous else (here,),
    )
    rising = surging or windows.fast > _of_late(windows, found, previous) + noise / SIGMAS
    rate = min(rate, HIGHEST_RATE)
    ended = windows.fast_seconds > fast[0]
    return Demand(
        rate,
        surging,
        rising,
        windows.fast,
        windows.fast_seconds,
        windows.newest,
        ended,
        sample,
        served=served,
        newest_dispersion=newest_dispersion,
        slowing=slowing,
    )


class _Reading(NamedTuple):
    """Rates of arrivals, and what is known of how they are counted."""

    windows: Windows
    told: int
    wholeness: Wholeness
    known_since: float


def _read(
    windows: Windows,
    readings: Readings,
    time: float,
    previous: Sample | None,
    ready_throughput: float | None,
    *,
    holds_waiting: bool,
) -> _Reading:
    """What the windows say of arrivals, by all that was seen of them before."""
    backlog, completions = readings.queue_depth, readings.completions
    if previous is None:
        return _Reading(_full(windows, 0.0), 0, UNTOLD, time)
    since = time if previous.known_since is None else previous.known_since
    wholeness = compare_windows(windows, time, previous)
    windows = _full(windows, time - since)
    told = tell_counter(
        windows,
        backlog,
        time,
        previous,
        ready_throughput,
        completions=completions,
        holds_waiting=holds_waiting,
    )
    if told > 0:
        windows = as_arrivals(windows, backlog, time, previous)
    elif windows.newest is None:
        windows = with_inferred_newest(windows, time, previous)
    return _Reading(windows, told, wholeness, since)


def _of_late(windows: Windows, found: Windows, previous: Sample | None) -> float:
    """What the fast window is compared with: the slow one, or if it is the only one, itself."""
    if found.slow_seconds > found.fast_seconds or previous is None or not previous.history:
        return windows.slow
    return sum(point.fast for point in previous.history) / len(previous.history)


def _left_out(time: float, previous: Sample | None) -> float:
    """Seconds between two samples, unless windows were found to count all of theirs."""
    if previous is None or previous.wholeness.whole:
        return 0.0
    return time - previous.time


def _full(windows: Windows, known_seconds: float) -> Windows:
    """Without the slow window as long as it is not full."""
    if known_seconds >= windows.slow_seconds:
        return windows
    return windows._replace(slow=windows.fast, slow_seconds=windows.fast_seconds)


def _believed(windows: Windows, noise: float) -> float:
    """The slow window, which has the least noise, as long as the fast one is not clearly below."""
    return windows.fast if windows.fast < windows.slow - noise else windows.slow


def without_rates(
    previous: Sample | None, time: float, backlog: float | None, ready_throughput: float | None
) -> Sample:
    """What the next estimate compares with after a reading that had no rate.

    What a counter counts stays as it was; windows fill anew.

    Args:
        previous: The sample of the last estimate.
        time: Of the observation, seconds.
        backlog: Requests that wait; `None`: not known.
        ready_throughput: Requests a second of the ready replicas when busy; `None`: not known.
    """
    known = previous or Sample(time, 0.0, None)
    return known._replace(
        time=time,
        fast_rate=0.0,
        backlog=backlog,
        fast=(0.0, 0.0),
        ready_throughput=ready_throughput,
        least_throughput=_least(ready_throughput, previous),
        known_since=None,
        history=(),
    )


def _uncounted(
    readings: Readings,
    time: float,
    previous: Sample | None,
    ready_throughput: float | None,
    served: float,
) -> Demand | None:
    """Where no rate is known: the growth of the queue and what is served meanwhile.

    `None` where nothing piles up: then nothing tells.
    """
    rate = _saturated_rate(readings, time, previous, HIGHEST_RATE, ready_throughput)
    if rate is None:
        return None
    sample = without_rates(previous, time, readings.queue_depth, ready_throughput)
    return Demand(
        rate=min(rate, HIGHEST_RATE),
        surging=True,
        rising=False,
        fast=0.0,
        fast_seconds=0.0,
        newest=None,
        ended=False,
        sample=sample,
        served=served,
        counted=False,
    )


def _known_fast(windows: Windows, time: float, previous: Sample | None) -> tuple[float, float]:
    """The fast window and when it was known; a longer one takes its place when it stays away.

    Where series have ended, the slow rate decays for as long as its window, and then ends too.
    """
    known, at = (0.0, 0.0) if previous is None else previous.fast
    stays_away = time - at > windows.slow_seconds
    if not known or windows.fast_seconds <= known or stays_away:
        return windows.fast_seconds, time
    return known, at


def _noise(rate: float, seconds: float, dispersion: float) -> float:
    """What a count over `seconds` may deviate from its mean by chance, as a rate."""
    return SIGMAS * sqrt(max(dispersion, 1.0) * max(rate, 1 / seconds) / seconds)


def _noise_above(rate: float, seconds: float, dispersion: float) -> float:
    """What a count may be above its mean by chance, as a rate.

    Few requests are more often many than a normal variable is: of 5 in a window one in 180 has 12,
    not one in 740.
    """
    return _noise(rate, seconds, dispersion) + skewness(SIGMAS) / seconds


def _newest_rate(windows: Windows, dispersion: float) -> float:
    """The rate of the last seconds where it differs from the fast window beyond noise."""
    fast, newest = windows.fast, windows.newest
    if newest is None:
        return fast
    seconds = windows.newest_seconds
    # Errors of an inferred rate may go either way, and only an increase is urgent.
    less = not windows.inferred and fast - newest > _noise(fast, seconds, dispersion)
    return newest if newest - fast > _noise_above(fast, seconds, dispersion) or less else fast


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
    growth = queue_growth(readings.queue_depth, time, previous)
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
