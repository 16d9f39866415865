"""Slots that nobody has counted are relied on a little more at a time.

Where no queue is told, what is in flight may hold requests that wait. By chance it is more at one
moment than at most others, and the most that was ever seen, taken for slots, would let replicas go
until requests do wait. The mean tells: as long as requests take no longer than their service,
those that stay may each have a little more to do than one was seen to do.
"""

from dataclasses import dataclass
from math import ceil, inf, sqrt

from bytebridge.scaling.capacity import Capacity, remembered_seconds
from bytebridge.scaling.demand import SIGMAS
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.floors import EPSILON
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.throughput import Busy

LONGER = 0.03
"""Share of the shortest mean latency from which waiting shows in it: in M/M/30 that is with 80 of
100 slots busy, in M/M/96 with 91 (A. K. Erlang, 1917)."""
BUSIER = 1.1
"""Times what a replica was seen to do."""
FORGETTING_SECONDS = 86_400.0
"""A shorter latency counts less by a factor of e in this time: requests may have become longer."""


@dataclass(slots=True)
class Probing:
    """Memory of one service; of one pod template."""

    shortest_seconds: float = inf
    """Mean latency when the least was to be done."""
    busiest: float = 0.0
    """Requests in service of one replica: the highest mean of a window in which none waited."""
    slots: float = 1.0
    """Of one replica, as many as it was seen to fill while requests waited for them."""
    time: float = 0.0


def observe_busiest(
    memory: Probing,
    observation: Observation,
    size: FleetSize,
    capacity: Capacity,
    busy: Busy | None,
) -> None:
    """Take in what one replica does, L = X S (J. Little, 1961).

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        size: How long its replicas have stood: means are of those of the window.
        capacity: Of a replica.
        busy: What replicas serve while requests wait.
    """
    readings, ready, time = observation.readings, observation.replicas.ready, observation.time
    rates, latency = readings.requests_per_second, readings.latency_mean_seconds
    if not rates or not latency or not capacity.service_seconds or ready <= 0:
        return
    if busy is not None and busy.one_size and busy.shared:
        memory.slots = max(memory.slots, busy.each * capacity.service_seconds)
    forgotten = min(1.0, max(0.0, time - memory.time) / FORGETTING_SECONDS)
    memory.time = time
    longer = latency - memory.shortest_seconds
    memory.shortest_seconds = latency if longer <= 0 else latency - longer * (1 - forgotten)
    if time - size.changed_since < remembered_seconds(readings) or readings.partial:
        return
    slow = max(rates)
    chance = SIGMAS / sqrt(max(1.0, rates[slow] * slow))
    if latency <= memory.shortest_seconds * (1 + max(LONGER, chance)):
        memory.busiest = max(memory.busiest, rates[slow] * capacity.service_seconds / ready)


def probing_replicas(memory: Probing, rate: float, capacity: Capacity, target: float) -> int:
    """The fewest that are a step away from what was seen, or have slots for it that were seen.

    Args:
        memory: Of this service.
        rate: Requests a second.
        capacity: Of a replica.
        target: Utilization, 0 to 1.
    """
    each = max(BUSIER * memory.busiest, target * memory.slots)
    return ceil(rate * (capacity.service_seconds or 0.0) / each - EPSILON)
