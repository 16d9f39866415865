"""Messages in work, where nobody tells how many: what was taken from the queue, and is not done.

Pods that end in the middle of long messages lose what they have done of them, and brokers give
those to others from the beginning.
"""

from dataclasses import dataclass
from math import exp

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.demand import Demand
from bytebridge.scaling.observation import Observation

FEWEST = 0.5
"""On average: with fewer, the last one is done."""


@dataclass(slots=True)
class InWork:
    """Memory of one service."""

    messages: float = 0.0
    """In work; 0: none, or somebody tells."""
    time: float | None = None
    depth: float = 0.0


def reckon_in_work(
    memory: InWork, observation: Observation, demand: Demand | None, capacity: Capacity
) -> None:
    """Take in a reading.

    What came and does not wait was taken. Of those in work a share of elapsed / S is done, as of
    exponential service times with the mean S; they are no more than slots.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        demand: `None`: unknown, and nothing is taken to have come.
        capacity: Of a replica.
    """
    readings, time = observation.readings, observation.time
    depth, service = readings.queue_depth, capacity.service_seconds
    if depth is None or not service or readings.in_flight is not None:
        memory.messages, memory.time = 0.0, None
        return
    elapsed = 0.0 if memory.time is None else max(0.0, time - memory.time)
    came = 0.0
    if demand is not None and demand.counted:
        came = elapsed * (demand.fast if demand.newest is None else demand.newest)
    taken = max(0.0, came + memory.depth - depth) if elapsed else 0.0
    slots = observation.replicas.ready * (capacity.slots or 1.0)
    left = min(slots, (memory.messages + taken) * exp(-elapsed / service))
    memory.messages = left if left >= FEWEST else 0.0
    memory.time, memory.depth = time, depth
