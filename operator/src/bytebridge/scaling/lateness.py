"""How late metrics are: what scrapes, ingestion and queries take of a managed Prometheus."""

from dataclasses import dataclass

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.observation import Observation

ALL_BUSY = 0.8
"""Share of the slots that are in use, at least, where requests wait for one."""
SOON_SECONDS = 15.0
"""After replicas came: slots that are idle later are idle for another reason."""
LONGEST_SECONDS = 60.0


@dataclass(slots=True)
class Lateness:
    """Memory of one service."""

    seconds: float = 0.0
    """By which readings were older than what was known of the replicas, when last seen."""
    since: float | None = None
    """Since when readings are of fewer replicas than are Ready."""


def of_fewer_replicas(
    memory: Lateness, observation: Observation, capacity: Capacity, size: FleetSize
) -> bool:
    """Whether readings are older than the replicas: requests wait, and yet slots are idle.

    What few replicas served then would look as if all that stand now served no more. How long it
    takes until those in flight are of all that are Ready is how late metrics are.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        capacity: Of a replica.
        size: The replicas of the decision before: by one decision metrics may always be late.
    """
    readings, time = observation.readings, observation.time
    slots = min(size.ready, observation.replicas.ready) * (capacity.slots or 1.0)
    waits = (readings.queue_depth or 0.0) > slots
    if readings.in_flight is None or not waits:
        memory.since = None
        return False
    late = readings.in_flight < ALL_BUSY * slots
    if late and memory.since is None and time - size.changed_since <= SOON_SECONDS:
        memory.since = time
    if not late and memory.since is not None:
        if time - memory.since <= LONGEST_SECONDS:
            memory.seconds = time - memory.since
        memory.since = None
    return late
