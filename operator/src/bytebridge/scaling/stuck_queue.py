"""Messages that nobody takes: they wait although slots are idle, and their number does not fall.

They are of a kind that no worker knows, or locked, or the exporter's figure stands still. More
replicas take none of them either.
"""

from dataclasses import dataclass, replace

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy

SURE_SECONDS = 75.0
"""For which slots have been idle: the window of measured figures, and what scrapes are late."""
IDLE = 0.8
"""Share of the slots below which they are."""
TAKEN = 0.9
"""Of what waited at first: with less, somebody takes messages."""


@dataclass(slots=True)
class StuckQueue:
    """Memory of one service."""

    time: float | None = None
    depth: float = 0.0
    """Messages that waited at the last look."""
    since: float | None = None
    """Since when they wait and do not become fewer, with as many replicas."""
    first: float = 0.0
    """Those of that time."""
    ready: int = 0
    idle_share: float = 0.0
    """Of the slots, mean over the time since then."""
    stuck: float = 0.0
    """Messages that nobody takes; 0: none."""

    @property
    def words(self) -> str | None:
        """What a person is to look at; `None`: nothing."""
        if not self.stuck:
            return None
        return (
            f"{self.stuck:.0f} messages wait that nobody takes, though slots are idle: look at "
            "what they are, and who may take them"
        )


def without_stuck_messages(
    policy: Policy, memory: StuckQueue, observation: Observation, slots: float, capacity: Capacity
) -> Observation:
    """With the messages alone that somebody may take.

    Args:
        policy: With an objective for the queue; otherwise nothing is changed.
        memory: Of this service; updated.
        observation: What is known now.
        slots: Of a replica.
        capacity: Of a replica, as known before.
    """
    depth, ready = observation.readings.queue_depth, observation.replicas.ready
    if not policy.has_queue or depth is None:
        return observation
    busy = _busy(memory, observation, depth, capacity)
    elapsed = 0.0 if memory.time is None else observation.time - memory.time
    memory.time, memory.depth = observation.time, depth
    if memory.stuck:
        if depth < TAKEN * memory.stuck:
            memory.stuck, memory.since = 0.0, None
    elif not depth or not ready or busy is None or ready > memory.ready:
        memory.since = None
    else:
        _watch(memory, observation.time, depth, elapsed, 1 - busy / (slots * ready))
    memory.ready = ready
    if not memory.stuck:
        return observation
    memory.stuck = min(memory.stuck, depth)
    readings = replace(observation.readings, queue_depth=depth - memory.stuck)
    return replace(observation, readings=readings)


def _watch(
    memory: StuckQueue, time: float, depth: float, elapsed: float, idle_share: float
) -> None:
    if memory.since is None or depth < TAKEN * memory.first:
        memory.since, memory.first, memory.idle_share = time, depth, idle_share
        return
    if elapsed <= 0 or time <= memory.since:
        return
    share = min(1.0, elapsed / (time - memory.since))
    memory.idle_share += share * (idle_share - memory.idle_share)
    if time - memory.since >= SURE_SECONDS and memory.idle_share > 1 - IDLE:
        memory.stuck = min(memory.first, depth)


def _busy(
    memory: StuckQueue, observation: Observation, depth: float, capacity: Capacity
) -> float | None:
    """Slots in use: as told, or N = X S (J. Little, 1961) with all that may have been served."""
    readings = observation.readings
    if readings.in_flight is not None:
        return readings.in_flight
    rates, service = readings.requests_per_second, readings.service_seconds
    service = service or (None if capacity.estimated else capacity.service_seconds)
    if not rates or not service or memory.time is None or observation.time <= memory.time:
        return None
    fallen = (memory.depth - depth) / (observation.time - memory.time)
    return service * (max(rates.values()) + max(0.0, fallen))
