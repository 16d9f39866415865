"""Messages that nobody takes: they wait although slots are idle, and their number does not fall.

They are of a kind that no worker knows, or locked, or the exporter's figure stands still. More
replicas take none of them either.
"""

from dataclasses import dataclass, field, replace

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy

SURE_SECONDS = 45.0
"""With more replicas than when messages began to wait: as long as nearly all of the slow window."""
FIRST_LOOK_SECONDS = 1.0
"""Of which it is taken to be: more replicas may be there at the next one."""
IDLE = 0.8
"""Share of the slots below which they are."""
TAKEN = 0.9
"""Of what waited at first: with less, somebody takes messages."""
MORE = 2.0
"""Times those that waited at first: others have come, of which nobody knows yet."""
LEAST_GAIN = 0.5
"""Share of proportional growth of the slots in use from which replicas that came take messages:
slots may be fewer than they are said to be, and all of them in use."""


@dataclass(slots=True)
class Use:
    """Replicas, and their slots in use, over a time."""

    seconds: float = 0.0
    replica_seconds: float = 0.0
    busy_seconds: float = 0.0

    def add(self, seconds: float, ready: int, busy: float) -> None:
        """For so long, so many."""
        self.seconds += seconds
        self.replica_seconds += seconds * ready
        self.busy_seconds += seconds * busy


@dataclass(slots=True)
class StuckQueue:
    """Memory of one service."""

    time: float | None = None
    depth: float = 0.0
    """Messages that waited at the last look."""
    first: float = 0.0
    """Those that waited at first, and have not become fewer; 0: none."""
    ready: int = 0
    """Replicas of that time."""
    before: Use = field(default_factory=Use)
    """By no more replicas than then."""
    after: Use = field(default_factory=Use)
    """By more."""
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
    if depth > MORE * (memory.stuck or memory.first):
        memory.stuck = memory.first = 0.0
    if memory.stuck:
        if depth < TAKEN * memory.stuck:
            memory.stuck = memory.first = 0.0
    elif not ready or busy is None:
        memory.first = 0.0
    elif not memory.first or depth < TAKEN * memory.first:
        memory.first, memory.ready = depth, ready
        memory.before, memory.after = Use(), Use()
        memory.before.add(FIRST_LOOK_SECONDS, ready, busy)
    else:
        (memory.after if ready > memory.ready else memory.before).add(elapsed, ready, busy)
        if _in_vain(memory, slots):
            memory.stuck = min(memory.first, depth)
    if not memory.stuck:
        return observation
    memory.stuck = min(memory.stuck, depth)
    readings = replace(observation.readings, queue_depth=depth - memory.stuck)
    return replace(observation, readings=readings)


def _in_vain(memory: StuckQueue, slots: float) -> bool:
    """Whether slots are idle, and replicas that came have hardly more of them in use."""
    before, after = memory.before, memory.after
    if after.seconds < SURE_SECONDS:
        return False
    if after.busy_seconds >= IDLE * slots * after.replica_seconds:
        return False
    replicas = after.replica_seconds / after.seconds
    growth = replicas / (before.replica_seconds / before.seconds) - 1
    most = before.busy_seconds / before.seconds * (1 + LEAST_GAIN * growth)
    return after.busy_seconds / after.seconds < most


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
