"""A queue that nobody waits in: its gauge leaks, or holds what is never taken."""

from dataclasses import dataclass, replace

from bytebridge.scaling.capacity import remembered_seconds
from bytebridge.scaling.observation import Observation, Readings
from bytebridge.scaling.policy import Policy

CLEARLY_LONGER = 2.0
"""Times the objective that each would wait: the length is a moment's."""
IDLE = 0.95
"""Share of the slots of which fewer are in use, on average: who waits could have one."""


@dataclass(slots=True)
class DoubtfulQueue:
    """Memory of one service."""

    since: float | None = None
    """Since when latencies are in time in spite of it."""
    busy: float = 0.0
    slots: float = 0.0
    """Sums over the readings since then, of slots in use and of all."""


def without_doubtful_queue(
    policy: Policy, memory: DoubtfulQueue, observation: Observation, slots: float
) -> Observation:
    """Take a queue for unknown where latencies have shown for their window that nobody waits.

    Q = X W (J. Little, 1961): so many that wait would each wait Q / X, and latencies hold that.
    Slots have to be idle as well: latencies may be of what a service does once it has begun.

    Args:
        policy: With an objective for latencies, and none for the queue; otherwise it is believed.
        memory: Of this service; updated.
        observation: What is known now.
        slots: Of a replica.
    """
    if policy.latency_seconds is None or policy.has_queue:
        return observation
    readings, time = observation.readings, observation.time
    in_flight = readings.in_flight
    if in_flight is None or not _contradicted(readings, policy.latency_seconds):
        memory.since = None
        return observation
    if memory.since is None:
        memory.since, memory.busy, memory.slots = time, 0.0, 0.0
    memory.busy += in_flight
    memory.slots += slots * observation.replicas.ready
    young = time - memory.since < remembered_seconds(readings)
    if young or memory.busy >= IDLE * memory.slots:
        return observation
    return replace(observation, readings=replace(readings, queue_depth=None))


def _contradicted(readings: Readings, objective: float) -> bool:
    latency, rates = readings.latency_p95_seconds, readings.requests_per_second
    if not readings.queue_depth or latency is None or latency > objective or not rates:
        return False
    return readings.queue_depth > CLEARLY_LONGER * objective * max(rates.values())
