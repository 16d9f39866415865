"""What was read of a service's load in the last minute."""

from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import NamedTuple

from bytebridge.scaling.wholeness import UNTOLD, Wholeness

HISTORY_SECONDS = 65.0
"""The slow window and a tick; or the slow window, where it is longer."""
SHORTEST_STEP_SECONDS = 0.5
"""Differences over less time than this say nothing."""
TOLERANCE_SECONDS = 0.5

_time_of = attrgetter("time")


class Point(NamedTuple):
    """A rate, and what waited, at a time."""

    time: float
    rate: float
    fast: float = 0.0
    """Rate of the fast window."""
    seconds: float = 5.0
    """Over which `rate` was counted."""
    backlog: float | None = None
    windowed: float | None = None
    """What the windows alone say of that time; `None`: the same."""
    counted_seconds: float = 0.0
    """`seconds`, where `rate` was measured; 0: it was inferred."""
    throughput: float | None = None
    """Requests a second of the Ready replicas when busy; `None`: not known."""


class Sample(NamedTuple):
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
    known_since: float | None = float("-inf")
    """Since when rates are known without a break: a window is not full before. `None`: they are
    not known."""
    told: int = 0
    """Readings amid backlogs that told what the counter counts: completions above 0, arrivals
    below."""
    wholeness: Wholeness = UNTOLD
    history: tuple[Point, ...] = ()
    """Newest rates and backlogs of the last minute, oldest first."""

    @property
    def completions(self) -> bool:
        """Whether the counter counts completed requests; until a backlog has told, it does not."""
        return self.told > 0

    def seen_again(self, time: float) -> "Sample":
        """The same reading, later: a window that it had is still known."""
        length, at = self.fast
        return self._replace(fast=(length, time)) if at >= self.time else self

    def begun_anew(self) -> "Sample":
        """The same windows, of which nothing is known of what they have counted before."""
        return self._replace(known_since=None, fast_rate=0.0, history=())

    def point_at(self, time: float) -> Point | None:
        """The last one up to then; `None`: nothing that old is remembered."""
        place = bisect_right(self.history, time + TOLERANCE_SECONDS, key=_time_of)
        return self.history[place - 1] if place else None

    def backlog_at(self, time: float) -> float | None:
        """What waited then, or at the oldest moment that is remembered."""
        point = self.point_at(time)
        if point is not None and point.backlog is not None:
            return point.backlog
        return next((p.backlog for p in self.history if p.backlog is not None), None)

    @property
    def mean_backlog(self) -> float:
        """What waited on average, as far as it is known: where nobody knows, nothing did."""
        backlogs = [point.backlog or 0.0 for point in self.history]
        return sum(backlogs) / len(backlogs) if backlogs else 0.0

    def least_throughput_since(self, time: float) -> float:
        """Requests a second that the Ready replicas could serve since then; 0: not known."""
        known = [p.throughput for p in self.since(time) if p.throughput is not None]
        return min(known, default=0.0)

    def rate_at(self, time: float) -> float:
        """The newest rate of the windows as it was then, or the oldest that is remembered."""
        if not self.history:
            return self.fast_rate
        point = self.history[max(0, bisect_right(self.history, time, key=_time_of) - 1)]
        return point.rate if point.windowed is None else point.windowed

    def since(self, time: float) -> tuple[Point, ...]:
        """Points of that time and later, oldest first."""
        return self.history[bisect_left(self.history, time - TOLERANCE_SECONDS, key=_time_of) :]

    def recent(self, time: float, slow_seconds: float) -> tuple[Point, ...]:
        """What is still worth remembering at a time, with a slow window of this length."""
        history, oldest = self.history, time - max(HISTORY_SECONDS, slow_seconds)
        if history and history[-1].time >= time:
            history = history[: bisect_left(history, time, key=_time_of)]
        if history and history[0].time < oldest:
            history = history[bisect_left(history, oldest, key=_time_of) :]
        return history


def queue_growth(
    backlog: float | None, time: float, previous: Sample | Point | None
) -> float | None:
    """Requests a second that pile up, below 0 while a backlog shrinks; `None`: not known."""
    if previous is None or previous.backlog is None or backlog is None:
        return None
    elapsed = time - previous.time
    if elapsed < SHORTEST_STEP_SECONDS:
        return None
    return (backlog - previous.backlog) / elapsed
