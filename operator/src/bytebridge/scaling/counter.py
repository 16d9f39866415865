"""What a counter counts: requests that arrive, or those that are completed."""

from bytebridge.scaling.history import SHORTEST_STEP_SECONDS, Sample
from bytebridge.scaling.windows import Windows

FASTEST, SLOWEST = 1.25, 0.3
"""Bounds of what busy replicas serve, in what their service time of the last minute says: a model
may have become slower since."""
IDLE = 0.6
"""Share of what the Ready replicas could serve below which slots are idle: what leaves a queue then
waited at a few of them, and most of it was not served but given up."""
FASTEST_WITH_WAITING = 2.0
"""The upper one where service times are mean latencies that hold what waits at some replicas while
others are idle: up to as much again."""
AS_BEFORE = 0.1
"""Share by which a count may differ from that of the slow window and tell of no change."""
PARTLY_IDLE = 0.8
"""Share of what the Ready replicas could serve: with less to do they complete clearly more once
they are full."""
MOST_TOLD = 5
"""Readings that count: so many of the other kind take them back."""


def tell_counter(
    windows: Windows,
    backlog: float | None,
    time: float,
    previous: Sample | None,
    ready_throughput: float | None,
    *,
    completions: bool | None = None,
    holds_waiting: bool = False,
) -> int:
    """Readings that told of completions, less those of arrivals, within bounds.

    While requests pile up, a counter of completions reads what is served, one of arrivals that and
    the growth of the queue. A reading tells only where what may be served leaves no doubt; one of
    them may still be wrong where replicas have become much slower, so that they are counted.

    Args:
        windows: Present rates.
        backlog: Requests that wait now.
        time: Of them, seconds.
        previous: The sample of the last estimate.
        ready_throughput: Requests a second of the Ready replicas when busy; `None`: not known.
        completions: What is known of the counter from elsewhere.
        holds_waiting: The service time that this is reckoned from does.
    """
    fastest = FASTEST_WITH_WAITING if holds_waiting else FASTEST
    if completions is not None:
        return MOST_TOLD if completions else -MOST_TOLD
    known = 0 if previous is None else previous.told
    if previous is None or not backlog or not ready_throughput:
        return known
    seconds, counted = windows.covered(windows.fast_seconds), windows.fast
    if windows.newest is not None:
        seconds, counted = windows.newest_seconds, windows.newest
    begin = previous.point_at(time - seconds)
    if begin is None or begin.backlog is None or time - begin.time < SHORTEST_STEP_SECONDS:
        return known
    growth = (backlog - begin.backlog) / (time - begin.time)
    if (
        not holds_waiting
        and growth <= FASTEST * counted
        and _slowed(windows, counted, ready_throughput)
    ):
        return known
    could = [p.throughput for p in previous.since(begin.time) if p.throughput is not None]
    least, most = min([ready_throughput, *could]), max([ready_throughput, *could])
    as_completions = SLOWEST * least <= counted <= fastest * most
    as_arrivals = SLOWEST * least + growth <= counted <= fastest * most + growth
    if growth > FASTEST * counted:
        # No more can pile up than arrives, whatever is known of what can be served.
        as_completions, as_arrivals = True, False
    if growth <= 0 or as_completions == as_arrivals:
        return known
    told = known + (1 if as_completions else -1)
    return max(-MOST_TOLD, min(MOST_TOLD, told))


def _slowed(windows: Windows, counted: float, ready_throughput: float) -> bool:
    """Whether replicas complete while they are full what they did when they were not, if anything.

    Then they have become slower, by nobody knows how much, or arrivals are counted, as before.
    """
    as_before = abs(counted - windows.slow) <= AS_BEFORE * windows.slow
    return as_before and counted < PARTLY_IDLE * ready_throughput


def as_arrivals(windows: Windows, backlog: float | None, time: float, previous: Sample) -> Windows:
    """Arrivals in a window = completions in it + growth of the queue over it.

    Args:
        windows: Rates of completions.
        backlog: Requests that wait now; `None`: not known, and nothing is changed.
        time: Of them, seconds.
        previous: The sample of the last estimate.
    """
    if backlog is None:
        return windows

    def arrivals(rate: float, seconds: float, before: float) -> float:
        then = previous.backlog_at(time - seconds)
        if then is None:
            return rate
        growth = (backlog - then) / seconds
        if growth < 0 and rate < IDLE * previous.least_throughput_since(time - seconds):
            # Of what was served instead of given up none is a rise of the arrivals.
            return max(rate + growth, min(rate, before))
        return max(0.0, rate + growth)

    def steadier(rate: float, seconds: float, before: float) -> float:
        # Before it is known whether windows are whole, the wrong one of the two makes a load swing
        # that does not, while a backlog comes or goes.
        spans = {seconds, windows.covered(seconds)}
        return min(
            (arrivals(rate, span, before) for span in spans), key=lambda it: abs(it - before)
        )

    fast = steadier(windows.fast, windows.fast_seconds, previous.fast_rate)
    newest = windows.newest
    return windows._replace(
        fast=fast,
        slow=steadier(windows.slow, windows.slow_seconds, fast),
        newest=None if newest is None else arrivals(newest, windows.newest_seconds, fast),
    )
