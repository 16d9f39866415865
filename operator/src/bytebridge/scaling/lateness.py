"""How late metrics are: what scrapes, ingestion and queries take of a managed Prometheus."""

from dataclasses import dataclass
from enum import Enum, auto

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.observation import Observation

ALL_BUSY = 0.8
"""Share of the slots that are in use, at least, where requests wait for one."""
SOON_SECONDS = 15.0
"""After replicas came: slots that are idle later are idle for another reason."""
LATEST_SECONDS = 30.0
"""Metrics whose age nothing shows are late by no more than this."""
LONGEST_SECONDS = 60.0
FORGETTING_SECONDS = 86_400.0
"""Each surge shows anew how late metrics are; what a day has not shown again was a disturbance."""


class OfReplicas(Enum):
    """Whose figures a reading has."""

    EARLIER = auto()
    """Of fewer than are Ready now."""
    UNCERTAIN = auto()
    PRESENT = auto()
    """Of those that are Ready now."""


@dataclass(slots=True)
class Lateness:
    """Memory of one service."""

    seconds: float = 0.0
    """By which readings were older than what was known of the replicas, when last seen."""
    seen_at: float = 0.0
    since: float | None = None
    """Since when readings are of fewer replicas than are Ready."""

    def expected(self, time: float) -> float:
        """Seconds by which readings are taken to be late; 0 where it was not seen for long."""
        return self.seconds if time - self.seen_at <= FORGETTING_SECONDS else 0.0


def of_which_replicas(
    memory: Lateness, observation: Observation, capacity: Capacity, size: FleetSize
) -> OfReplicas:
    """Whether a reading is of the replicas that are Ready, and learn from it how late metrics are.

    What few replicas served would otherwise look as if all that stand now served no more. Where
    requests wait all slots are busy, so that those in flight show it. Where they are not told, the
    replicas must have stood for longer than metrics are ever late.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        capacity: Of a replica.
        size: The replicas of the decision before: by one decision metrics may always be late.
    """
    readings, time, ready = observation.readings, observation.time, observation.replicas.ready
    if readings.in_flight is None:
        memory.since = None
        stood = ready == size.ready and time - size.changed_since >= LATEST_SECONDS
        return OfReplicas.PRESENT if stood else OfReplicas.UNCERTAIN
    slots = min(size.ready, ready) * (capacity.slots or 1.0)
    waits = (readings.queue_depth or 0.0) > slots
    late = waits and readings.in_flight < ALL_BUSY * slots
    if late and memory.since is None and time - size.changed_since <= SOON_SECONDS:
        memory.since = time
    if not late:
        _caught_up(memory, time, waits=waits)
    return OfReplicas.EARLIER if late else OfReplicas.PRESENT


def _caught_up(memory: Lateness, time: float, *, waits: bool) -> None:
    """Readings are of all replicas now; where nothing waits that does not tell since when."""
    if waits and memory.since is not None and time - memory.since <= LONGEST_SECONDS:
        memory.seconds, memory.seen_at = time - memory.since, time
    memory.since = None
