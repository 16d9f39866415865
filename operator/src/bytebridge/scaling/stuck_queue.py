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
LEAST_GAIN = 0.5
"""Share of proportional growth of the slots in use from which replicas that came take messages:
slots may be fewer than they are said to be, and all of them in use."""


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
    busy: float = 0.0
    """Slots in use, mean over the time since then."""
    fewer: tuple[int, float] | None = None
    """Replicas, and their slots in use, before others came while as many messages waited."""
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
    elapsed = 0.0 if memory.time is None else max(0.0, observation.time - memory.time)
    memory.time, memory.depth = observation.time, depth
    if memory.stuck:
        if depth < TAKEN * memory.stuck:
            memory.stuck, memory.since, memory.fewer = 0.0, None, None
    elif not depth or not ready or busy is None:
        memory.since = memory.fewer = None
    elif memory.since is None or ready != memory.ready or depth < TAKEN * memory.first:
        _begin(memory, observation.time, ready, depth, busy)
    elif elapsed:
        share = min(1.0, elapsed / (observation.time - memory.since))
        memory.busy += share * (busy - memory.busy)
        if observation.time - memory.since >= SURE_SECONDS and _idle(memory, slots):
            memory.stuck = min(memory.first, depth)
    memory.ready = ready
    if not memory.stuck:
        return observation
    memory.stuck = min(memory.stuck, depth)
    readings = replace(observation.readings, queue_depth=depth - memory.stuck)
    return replace(observation, readings=readings)


def _begin(memory: StuckQueue, time: float, ready: int, depth: float, busy: float) -> None:
    """Watch from now on; what fewer replicas did is remembered while as many messages wait."""
    if depth < TAKEN * memory.first or memory.since is None:
        memory.fewer = None
    elif ready > memory.ready and memory.fewer is None:
        memory.fewer = memory.ready, memory.busy
    memory.since, memory.first, memory.busy = time, depth, busy


def _idle(memory: StuckQueue, slots: float) -> bool:
    """Whether slots are idle that were not before replicas came."""
    if memory.fewer is None or memory.busy >= IDLE * slots * memory.ready:
        return False
    ready, busy = memory.fewer
    return memory.busy < busy * (1 + LEAST_GAIN * (memory.ready / ready - 1))


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
