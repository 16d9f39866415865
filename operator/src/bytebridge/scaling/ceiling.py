"""A ceiling of the throughput: all replicas are busy, there are more of them, no more is served.

While requests wait, the service gives all it can: throughput = arrivals - growth of the queue. Two
such readings with clearly different replicas tell whether replicas help. Beyond the knee of N.
Gunther's Universal Scalability Law (Guerrilla Capacity Planning, 2007) they do not: a database or a
downstream service is full.

Readings are taken over two intervals of a steady load only: rates and queues that change within
them belong to different times. Clients that give up leave the queue as well, so no more counts
as served than busy slots can serve (Little's law, X = N / S).
"""

from collections import deque
from dataclasses import dataclass, field
from math import ceil, inf

CLEARLY_MORE = 1.25
"""Times the replicas from which two readings are compared: fewer would not stand out from noise."""
LEAST_GAIN = 0.5
"""Share of proportional growth of the throughput from which replicas help."""
LIFTED = 1.15
"""Times the ceiling that must be served for it to be gone."""
SPARE = 1.25
"""Times the replicas that reach the ceiling: enough to see that it is lifted."""
FEWEST_READINGS = 2
SETTLING_SECONDS = 5.0
"""New pods may be slow at first: before this, replicas that do not help yet are kept."""
SAMPLES = 2 / 3
"""Of the fast window, three scrapes: two suffice where the load is steady."""
RENEWED_SECONDS = 60.0
"""Of the service time's window: before it is all of now, a queue that grows no more may be one that
clients leave, and says nothing about a ceiling that was found."""
EPISODE_SECONDS = 120.0
"""Readings further apart are not compared."""
STEADY_SHARE = 0.1
"""A load whose fast window changes by less is steady."""
TOLERANCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Glance:
    """The service at one moment."""

    time: float
    ready: int
    backlog: float
    arriving: float
    """Requests a second of the fast window."""
    capacity: float = inf
    """Requests a second that the Ready replicas can serve, by the measured service time."""


@dataclass(frozen=True, slots=True)
class Busy:
    """The service while requests wait."""

    time: float
    fewest: int
    """Replicas that served all the time between two readings."""
    most: int
    """Replicas that served at the end of it, some of them for a part of the time only."""
    throughput: float
    """Requests a second of all replicas."""

    @property
    def each(self) -> float:
        """Requests a second of one replica, at least."""
        return self.throughput / self.most


@dataclass(slots=True)
class Ceiling:
    """Memory of one service."""

    reference: Busy | None = None
    """What later readings are compared with."""
    best_each: float = 0.0
    """The most that one replica served of late, requests a second."""
    suspected: int = 0
    """Readings in a row that showed no gain."""
    throughput: float | None = None
    """The ceiling, requests a second, once it is beyond doubt."""
    since: float = 0.0
    glances: deque[Glance] = field(default_factory=deque)
    """Of the last two intervals."""
    busy: Busy | None = None
    """What is served now, if requests have waited for two intervals of a steady load."""

    @property
    def useful_replicas(self) -> int | None:
        """Replicas that reach the ceiling; `None`: there is none."""
        if self.throughput is None or not self.best_each:
            return None
        return ceil(SPARE * self.throughput / self.best_each)

    def served(self, throughput: float) -> None:
        """More than the ceiling is served: it is gone."""
        if self.throughput is not None and throughput > LIFTED * self.throughput:
            self.throughput, self.suspected, self.reference = None, 0, None

    def settled(self, time: float) -> bool:
        """Whether it has stood for long enough that replicas above it may go."""
        return self.throughput is not None and time - self.since >= SETTLING_SECONDS


def observe_moment(memory: Ceiling, glance: Glance, slots: float, window_seconds: float) -> None:
    """Take in one moment of the service.

    Args:
        memory: Of this service; updated.
        glance: The moment.
        slots: Slots a replica.
        window_seconds: Of the rate of arrivals.
    """
    glances = memory.glances
    if glances and glance.time < glances[-1].time:
        glances.clear()
    last = glances[-1] if glances else None
    glances.append(glance)
    window_seconds *= SAMPLES
    while glances[0].time < glance.time - window_seconds - TOLERANCE_SECONDS:
        glances.popleft()
    memory.busy = None
    if glance.backlog <= slots * glance.ready:
        memory.served(glance.arriving)
        return
    begin = glances[0]
    whole = glance.time - begin.time >= window_seconds - TOLERANCE_SECONDS
    steady = last and abs(glance.arriving - last.arriving) <= STEADY_SHARE * glance.arriving
    ready = [g.ready for g in glances]
    if whole and steady and all(g.backlog > slots * g.ready for g in glances):
        growth = (glance.backlog - begin.backlog) / (glance.time - begin.time)
        served = min(glance.arriving - growth, max(g.capacity for g in glances))
        memory.busy = Busy(glance.time, min(ready), max(ready), served)
        observe_busy(memory, memory.busy)


def observe_busy(memory: Ceiling, busy: Busy) -> None:
    """Take in what a service with waiting requests serves.

    Args:
        memory: Of this service; updated.
        busy: Present reading.
    """
    if busy.fewest <= 0 or busy.throughput <= 0:
        return
    if busy.time - memory.since >= RENEWED_SECONDS:
        memory.served(busy.throughput)
    reference = memory.reference
    if reference is None or busy.time - reference.time > EPISODE_SECONDS:
        known = 0.0 if memory.throughput is None else memory.best_each
        memory.reference, memory.best_each, memory.suspected = busy, max(known, busy.each), 0
        return
    memory.best_each = max(memory.best_each, busy.each)
    growth = busy.fewest / reference.most
    if growth < CLEARLY_MORE:
        return
    gain = (busy.throughput / reference.throughput - 1) / (growth - 1)
    if gain >= LEAST_GAIN:
        memory.suspected = 0
        if busy.most < CLEARLY_MORE * busy.fewest:
            memory.reference = busy
        return
    memory.suspected += 1
    if memory.suspected >= FEWEST_READINGS:
        if memory.throughput is None:
            memory.since = busy.time
        memory.throughput = max(memory.throughput or 0.0, busy.throughput)
