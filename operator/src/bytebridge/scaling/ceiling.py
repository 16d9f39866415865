"""A ceiling of the throughput: all replicas are busy, there are more of them, no more is served.

Two readings with clearly different replicas tell whether replicas help. Beyond the knee of N.
Gunther's Universal Scalability Law (Guerrilla Capacity Planning, 2007) they do not: a database or a
downstream service is full.

A model that becomes slower while replicas are added looks alike. So the reading that others are
compared with is the last one before replicas came, and a ceiling is doubted: where fewer replicas
serve clearly less than it, they are what limits.
"""

from dataclasses import dataclass, field
from math import ceil, inf, isinf

from bytebridge.scaling.throughput import RENEWED_SECONDS, Busy, Glance, Glances

CLEARLY_MORE = 1.5
"""Times the replicas from which two steady readings are compared: fewer would not stand out from
noise."""
MUCH_MORE = 3.0
"""Where one of the two is not steady: a throughput that is wrong by a third is then still told."""
CLEARLY_FEWER = 0.8
"""Share of the replicas below which what they serve tells whether a ceiling stands."""
LEAST_GAIN = 0.5
"""Share of proportional growth of the throughput from which replicas help."""
LIFTED = 1.15
"""Times the ceiling that must be served for it to be gone."""
SPARE = 1.25
"""Times the replicas that reach the ceiling: enough to see that it is lifted."""
FEWEST_READINGS = 2
SETTLING_SECONDS = 5.0
"""New pods may be slow at first: before this, replicas that do not help yet are kept."""
BEGUN = 2.0
"""Service times that those take that were begun beside replicas that went."""
EPISODE_SECONDS = 120.0
"""Readings further apart are not compared."""
DISBELIEF_SECONDS = 600.0
"""After a ceiling was found to be none, so that pods that are slow when new do not look like one
again and again."""
CONVINCING_READINGS = 12
"""Then so many are needed, a minute of them: pods are not new any more."""


@dataclass(slots=True)
class Ceiling:
    """Memory of one service."""

    glances: Glances = field(default_factory=Glances)
    reference: Busy | None = None
    """What later readings are compared with."""
    best_each: float = 0.0
    """The most that one replica served of late, requests a second."""
    suspected: int = 0
    """Readings in a row that showed no gain."""
    helped: Busy | None = None
    """The last reading that showed one."""
    throughput: float | None = None
    """The ceiling, requests a second, once it is beyond doubt."""
    replicas: int = 0
    """That served no more than this."""
    since: float = 0.0
    doubted: int = 0
    """Readings in a row in which fewer replicas served clearly less."""
    refuted_at: float = -inf
    busy: Busy | None = None
    """What is served now, if requests have waited for two intervals of a steady load."""

    @property
    def useful_replicas(self) -> int | None:
        """Replicas that reach the ceiling; `None`: there is none."""
        if self.throughput is None or not self.best_each:
            return None
        return ceil(SPARE * self.throughput / self.best_each)

    @property
    def in_question(self) -> bool:
        """Whether replicas do not help, or are about to be seen not to."""
        return self.throughput is not None or self.suspected > 0

    def settled(self, time: float) -> bool:
        """Whether it has stood for long enough that replicas above it may go."""
        return self.throughput is not None and time - self.since >= SETTLING_SECONDS

    def disbelieved(self, time: float) -> bool:
        """Whether replicas were shown to help after they had seemed not to."""
        return time - self.refuted_at < DISBELIEF_SECONDS

    def lift(self) -> None:
        """Forget it, and what it was found by."""
        self.throughput = self.reference = None
        self.suspected = self.doubted = 0


def observe_moment(
    memory: Ceiling,
    glance: Glance,
    slots: float,
    window_seconds: float,
    service_seconds: float = 0.0,
) -> None:
    """Take in one moment of the service.

    Args:
        memory: Of this service; updated.
        glance: The moment.
        slots: Slots a replica.
        window_seconds: Of the rate of arrivals.
        service_seconds: Of a request: sooner nobody knows what replicas serve that came.
    """
    memory.busy = None
    memory.glances.add(glance, slots, window_seconds)
    if not glance.waits(slots):
        _lift_if_served(memory, glance.arriving)
        if memory.reference is not None and glance.of_those_ready:
            _observe_calm(memory, glance, memory.reference, slots)
        return
    memory.busy = steady = memory.glances.steadily_served(slots, window_seconds)
    one_size = steady is not None and steady.one_size
    reading = steady if one_size else memory.glances.just_served(slots) or steady
    glances = memory.glances
    # Replicas came at some time since the glance before.
    stood_seconds = glance.time - glances.size.changed_since + glances.newest_seconds
    if reading is not None and glance.of_those_ready and stood_seconds >= service_seconds:
        observe_busy(memory, reading, slots)


def observe_busy(memory: Ceiling, busy: Busy, slots: float = 1.0) -> None:
    """Take in what a service with waiting requests serves.

    Args:
        memory: Of this service; updated.
        busy: Present reading.
        slots: Of one replica.
    """
    if busy.fewest <= 0 or busy.throughput <= 0:
        return
    # Before, a queue that grows no more may be one that clients leave, and lifts no ceiling.
    if busy.time - max(memory.since, memory.glances.size.fewer_since) >= RENEWED_SECONDS:
        _lift_if_served(memory, busy.throughput)
    _doubt(memory, busy, slots)
    reference = memory.reference
    if reference is None or busy.time - reference.time > EPISODE_SECONDS:
        known = 0.0 if memory.throughput is None else memory.best_each
        memory.reference, memory.best_each, memory.suspected = busy, max(known, busy.each), 0
        return
    memory.best_each = max(memory.best_each, busy.each)
    if busy.most <= reference.fewest:
        memory.reference = busy
    elif _more(busy, reference):
        helped = _compare(memory, busy, reference)
        if helped and busy.fewest >= CLEARLY_FEWER * busy.most:
            memory.reference = busy
    if _clearly_helped(busy, reference):
        memory.helped = busy


def _observe_calm(memory: Ceiling, glance: Glance, reference: Busy, slots: float) -> None:
    """Nothing waits any more.

    What came was served, which may be enough to see that replicas helped. If not, how long requests
    take tells what the replicas could serve, compared with fewer that were all busy a moment ago;
    not where fewer slots are believed in since: it is they that it is less by.
    """
    glances = memory.glances
    if glance.time - reference.time > EPISODE_SECONDS:
        memory.suspected, memory.reference = 0, None
        return
    coped = Busy(glance.time, glances.fewest, glances.most, glance.arriving, slots=slots)
    fewer_slots = slots < CLEARLY_FEWER * reference.slots
    if isinf(glance.capacity) or fewer_slots or not _more(coped, reference):
        memory.suspected = 0
    elif _gain(coped, reference) >= LEAST_GAIN:
        memory.suspected, memory.reference = 0, coped
    else:
        _compare(memory, coped._replace(throughput=glance.capacity), reference)


def _lift_if_served(memory: Ceiling, throughput: float) -> None:
    """More than the ceiling is served: it is gone."""
    if memory.throughput is not None and throughput > LIFTED * memory.throughput:
        memory.lift()


def _doubt(memory: Ceiling, busy: Busy, slots: float) -> None:
    """Lift a ceiling under which fewer replicas serve less: it was they that became slow.

    What they serve is told once they are done with what they began beside the others, N slots / X
    seconds, and as much again.
    """
    if memory.throughput is None or busy.most > CLEARLY_FEWER * memory.replicas:
        memory.doubted = 0
        return
    fewer_seconds = busy.time - memory.glances.size.fewer_since
    if fewer_seconds < BEGUN * memory.replicas * slots / memory.throughput:
        return
    measured = fewer_seconds >= RENEWED_SECONDS
    served = busy.throughput if measured else busy.left
    expected = min(memory.throughput, busy.fewest * memory.best_each)
    lost, fewer = 1 - served / expected, 1 - busy.most / memory.replicas
    memory.doubted = memory.doubted + 1 if lost > LEAST_GAIN * fewer else 0
    if memory.doubted >= FEWEST_READINGS:
        memory.lift()
        memory.refuted_at = busy.time


def _more(busy: Busy, reference: Busy) -> bool:
    more = CLEARLY_MORE if busy.steady and reference.steady else MUCH_MORE
    return busy.fewest >= more * reference.most


def _clearly_helped(busy: Busy, reference: Busy) -> bool:
    """Whether so much more is served that neither noise nor time explains it.

    A gain is told by the throughput, where it takes clearly more replicas to tell that there is
    none.
    """
    more = CLEARLY_MORE if busy.steady and reference.steady else CLEARLY_MORE**2
    if busy.fewest <= reference.most or busy.throughput < more * reference.throughput:
        return False
    return _gain(busy, reference) >= LEAST_GAIN


def _gain(busy: Busy, reference: Busy) -> float:
    """Growth of the throughput, in that of the replicas."""
    growth = busy.fewest / reference.most
    return (busy.throughput / reference.throughput - 1) / (growth - 1)


def _compare(memory: Ceiling, busy: Busy, reference: Busy) -> bool:
    """Whether clearly more replicas serve clearly more; twice no: it is a ceiling."""
    if _gain(busy, reference) >= LEAST_GAIN:
        memory.suspected = 0
        return True
    memory.suspected += 1
    enough = CONVINCING_READINGS if memory.disbelieved(busy.time) else FEWEST_READINGS
    if memory.suspected >= enough:
        _believe(memory, busy)
    return False


def _believe(memory: Ceiling, busy: Busy) -> None:
    """There is a ceiling, the highest that a reading of one size has shown."""
    if memory.throughput is None:
        memory.since = busy.time
    elif not busy.one_size or busy.throughput <= memory.throughput:
        return
    memory.throughput, memory.replicas = busy.throughput, busy.fewest
