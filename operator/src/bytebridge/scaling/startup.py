"""How long replicas take to serve, from what was asked for and what became Ready."""

from collections import deque
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

RECENT = 20
"""Start-ups that are remembered."""
LONGEST_SECONDS = 3_600.0
PERCENTILE = 0.9
LONGEST_OVERDUE_SECONDS = 600.0
"""Pods that are under way for longer are not slow to start: they cannot be placed, or crash."""


class Asked(NamedTuple):
    """Replicas that are not Ready yet."""

    time: float
    replicas: int
    replaces: bool = False
    """One that was Ready: it may be the same pod, whose probe has failed, and tells no time."""


@dataclass(slots=True)
class StartupTimes:
    """Memory of one service: who asked, and how long it took.

    Replicas are matched first asked, first Ready. Times are as coarse as the ticks.
    """

    asked: deque[Asked] = field(default_factory=deque)
    """All that are not Ready, oldest first."""
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    desired: int | None = None
    ready: int = 0

    @property
    def under_way_since(self) -> float | None:
        """When the first replica that is not Ready yet was asked for."""
        return self.asked[0].time if self.asked else None

    @property
    def p90_seconds(self) -> float | None:
        """From being asked for to Ready; `None` until one was seen to become Ready."""
        if not self.seconds:
            return None
        ordered = sorted(self.seconds)
        return ordered[ceil(PERCENTILE * len(ordered)) - 1]


def observe_replicas(memory: StartupTimes, time: float, desired: int, ready: int) -> None:
    """Take in the replicas of one moment."""
    before = memory.desired
    if before is not None:
        if desired > before:
            memory.asked.append(Asked(time, desired - before))
        if memory.asked:
            _match(memory, time, ready - memory.ready)
            _cancel(memory, max(0, before - desired))
    memory.desired, memory.ready = desired, ready
    gone = desired - ready - sum(asked.replicas for asked in memory.asked)
    if ready >= desired:
        memory.asked.clear()
    elif gone > 0:
        # Those that went without being told to are replaced from now on.
        memory.asked.append(Asked(time, gone, replaces=True))


def until_ready(
    memory: StartupTimes, time: float, known_seconds: float, tick_seconds: float
) -> tuple[float, float]:
    """Seconds until a replica that is asked for now serves, and until those under way do.

    The latter is the time of the first; where they are overdue, the mean, as nothing tells then
    which of them comes when.

    Replicas that have been under way for longer than was known show that it takes at least that.

    Args:
        memory: Of this service.
        time: Now.
        known_seconds: Of a start-up.
        tick_seconds: Between two looks: it takes that much longer than was seen, at least.
    """
    since = memory.under_way_since
    if since is None:
        return known_seconds, known_seconds
    longest = time - since
    overdue = max(0.0, longest - known_seconds)
    seconds = max(known_seconds, min(longest + overdue + tick_seconds, LONGEST_OVERDUE_SECONDS))
    if not overdue:
        return seconds, seconds - longest
    left = sum(one.replicas * max(0.0, seconds - (time - one.time)) for one in memory.asked)
    return seconds, left / sum(one.replicas for one in memory.asked)


def _match(memory: StartupTimes, time: float, became_ready: int) -> None:
    left = became_ready
    while left > 0 and memory.asked:
        first = memory.asked.popleft()
        served = min(left, first.replicas)
        if time - first.time <= LONGEST_SECONDS and not first.replaces:
            memory.seconds.extend([time - first.time] * min(served, RECENT))
        if first.replicas > served:
            memory.asked.appendleft(first._replace(replicas=first.replicas - served))
        left -= served


def _cancel(memory: StartupTimes, fewer: int) -> None:
    """A Deployment that is lowered drops first what is not Ready, the newest before the others."""
    while fewer > 0 and memory.asked:
        last = memory.asked.pop()
        if last.replicas > fewer:
            memory.asked.append(last._replace(replicas=last.replicas - fewer))
        fewer -= last.replicas
