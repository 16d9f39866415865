"""What a service serves while requests wait: all that it can.

Throughput = arrivals - growth of the queue. Clients that give up leave the queue as well, so no
more counts as served than busy slots can serve (Little's law, X = N / S), where S is measured: one
that was inferred may be of other replicas, as slow as something behind all of them made those.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, isinf
from typing import NamedTuple

from bytebridge.scaling.fleet_size import FleetSize

SAMPLES = 2 / 3
"""Of the fast window, three scrapes: two suffice where the load is steady."""
STEADY_SHARE = 0.1
"""A load whose fast window changes by less is steady."""
TOLERANCE_SECONDS = 0.5
RENEWED_SECONDS = 60.0
"""Of the service time's window: then it is that of the replicas that stand."""


class Glance(NamedTuple):
    """The service at one moment."""

    time: float
    ready: int
    backlog: float
    arriving: float
    """Requests a second of the fast window."""
    capacity: float = inf
    """Requests a second that the Ready replicas can serve, by the measured service time."""
    newest: float | None = None
    """Requests a second since the glance before; `None`: not known."""
    of_those_ready: bool = True
    """Otherwise metrics may be late, and what they tell that of fewer replicas."""
    told: bool = True
    """What the counter counts is known; else the growth of the queue is in the arrivals or not."""
    least: float = inf
    """Requests at a replica that a tenth have fewer than; infinite: not known."""
    slowing: bool = False
    """Requests have begun to take longer: `capacity` is the most there is."""

    def waits(self, slots: float) -> bool:
        """Whether all slots are busy: a queue shorter than they has any healthy service at times.

        What waits may do so at some replicas, while those that came later are idle: a balancer that
        does not look leaves it where it is.

        Args:
            slots: Of one replica.
        """
        return self.backlog > slots * self.ready and self.least >= slots


class Busy(NamedTuple):
    """The service while requests wait."""

    time: float
    fewest: int
    """Replicas that served all the time between two glances."""
    most: int
    """Replicas that served at the end of it, some of them for a part of the time only."""
    throughput: float
    """Requests a second of all replicas."""
    left: float = inf
    """Requests a second that left the queue, served or given up."""
    steady: bool = False
    """Over two intervals of a steady load; otherwise it has more noise."""
    shared: bool = True
    """All of them were there when requests began to wait: those that came later may have none."""
    slots: float = 0.0
    """Of one replica, as they were believed then."""

    @property
    def one_size(self) -> bool:
        """Whether as many served all the time."""
        return self.fewest == self.most

    @property
    def each(self) -> float:
        """Requests a second of one replica, at least."""
        return self.throughput / self.most


@dataclass(slots=True)
class Glances:
    """The last ones of a service."""

    recent: deque[Glance] = field(default_factory=deque)
    """Of two intervals."""
    size: FleetSize = field(default_factory=FleetSize)
    """Before a minute has passed since a change, measured service times are of those before."""
    waiting_since: float | None = None
    """When all slots were first seen busy, of the backlog that there is: less than one a replica
    is none."""

    def shared_by(self, ready: int) -> bool:
        """Whether so many were there when requests began to wait: later ones may have none of it.

        Behind a balancer that does not look, requests stay with the replica that they came to.
        """
        since = self.waiting_since
        return since is None or (ready == self.size.ready and self.size.changed_since <= since)

    @property
    def newest_seconds(self) -> float:
        """Between the last two."""
        return self.recent[-1].time - self.recent[-2].time if len(self.recent) > 1 else 0.0

    @property
    def fewest(self) -> int:
        """Replicas that were Ready all the time."""
        return min(glance.ready for glance in self.recent)

    @property
    def most(self) -> int:
        """Replicas that were Ready at any time."""
        return max(glance.ready for glance in self.recent)

    def add(self, glance: Glance, slots: float, window_seconds: float) -> None:
        """Remember it.

        Args:
            glance: The present one.
            slots: Of one replica.
            window_seconds: Of the rate of arrivals.
        """
        recent = self.recent
        if recent and glance.time < recent[-1].time:
            recent.clear()
        self.size.observe(glance.time, glance.ready)
        if glance.backlog < glance.ready:
            self.waiting_since = None
        elif self.waiting_since is None and glance.waits(slots):
            self.waiting_since = glance.time
        recent.append(glance)
        while recent[0].time < glance.time - SAMPLES * window_seconds - TOLERANCE_SECONDS:
            recent.popleft()

    def steadily_served(self, slots: float, window_seconds: float) -> Busy | None:
        """By the fast window, over two intervals of a steady load.

        Rates and queues that change within them belong to different times.
        """
        recent = self.recent
        if len(recent) < 2:
            return None
        whole = recent[-1].time - recent[0].time >= SAMPLES * window_seconds - TOLERANCE_SECONDS
        newest, before = recent[-1].arriving, recent[-2].arriving
        if not whole or abs(newest - before) > STEADY_SHARE * newest:
            return None
        served = _served(list(recent), newest, slots)
        if served is None:
            return None
        return served._replace(steady=True, shared=self.shared_by(self.size.ready))

    def just_served(self, slots: float) -> Busy | None:
        """By what came since the glance before: of the same time as the growth of the queue.

        That may be inferred, and wrong by as much as the load has changed. Replicas that have stood
        for a minute serve at least half of what their own service time says, where that has not
        just become longer.
        """
        end = self.recent[-1]
        if len(self.recent) < 2 or end.newest is None:
            return None
        busy = _served([self.recent[-2], end], end.newest, slots)
        standing = end.time - self.size.changed_since >= RENEWED_SECONDS
        if busy is None or not standing or end.slowing or isinf(end.capacity):
            return busy
        return (
            busy if 2 * busy.throughput > end.capacity else busy._replace(throughput=end.capacity)
        )


def _served(glances: Sequence[Glance], arriving: float, slots: float) -> Busy | None:
    """From the first glance to the last; `None`: not all slots were busy."""
    if not all(glance.waits(slots) for glance in glances):
        return None
    begin, end = glances[0], glances[-1]
    growth = (end.backlog - begin.backlog) / (end.time - begin.time)
    if not end.told and growth > STEADY_SHARE * arriving:
        return None
    left = arriving - growth
    served = min(left, max(glance.capacity for glance in glances))
    ready = [glance.ready for glance in glances]
    return Busy(end.time, min(ready), max(ready), served, left, slots=slots)
