"""Slots that nobody has counted are relied on a little more at a time.

Where no queue is told, what is in flight may hold requests that wait. By chance it is more at one
moment than at most others, and the most that was ever seen, taken for slots, would let replicas go
until requests do wait. Whether they do shows in how it varies: without waiting as Poisson (M/G/inf,
whatever the service times; L. Kleinrock, Queueing Systems I, 1975, section 3.4), with it by far
more. While it does not, those that stay may each have a little more to do than one was seen to do.
"""

from dataclasses import dataclass
from math import ceil, inf

from bytebridge.scaling.capacity import Capacity, remembered_seconds
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.floors import EPSILON
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.throughput import Busy

BUSIER = 1.1
"""Times what a replica was seen to do, or one replica fewer."""
FEWEST_FOR_A_STEP = 4
"""Of less, one replica fewer leaves each of the others with half as much again."""
FEWEST_LOOKS = 36
"""Three minutes of ticks: their mean square is known to a third."""
MOST_LOOKS = 60
MORE_THAN_CHANCE = 1.5
"""Times the variance that arrivals explain, from which requests wait: in M/M/8 that is with 60 of
100 slots busy, in M/M/30 with 79, in M/M/96 with 88 (by the distribution of A. K. Erlang, 1917)."""


@dataclass(slots=True)
class Probing:
    """Memory of one service; of one pod template."""

    busiest: float = 0.0
    """Requests in flight of one replica: the highest mean of minutes in which none waited."""
    slots: float = 1.0
    """Of one replica, as many as it was seen to fill while requests waited for them."""
    looks: int = 0
    """At the replicas that stand."""
    variance: float = 0.0
    """Of what is in flight, over its mean; mean of those looks."""
    each: float = 0.0
    """Requests in flight of one replica, mean of those looks."""


def observe_busiest(
    memory: Probing,
    observation: Observation,
    in_flight: float | None,
    size: FleetSize,
    capacity: Capacity,
    dispersion: float,
    busy: Busy | None,
) -> None:
    """Take in what is in flight, beside its mean L = X W (J. Little, 1961), waiting included.

    Only what is above it counts, and twice: a load that has just fallen is no reason to hold on.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        in_flight: As it was read, with the waiting.
        size: How long its replicas have stood.
        capacity: Of a replica.
        dispersion: Index of dispersion of the arrivals.
        busy: What replicas serve while requests wait.
    """
    readings, ready = observation.readings, observation.replicas.ready
    if busy is not None and busy.one_size and busy.shared:
        memory.slots = max(memory.slots, busy.each * (capacity.service_seconds or 0.0))
    calm_since = max(size.changed_since, capacity.waited_at)
    if observation.time - calm_since < remembered_seconds(readings) or readings.partial:
        memory.looks = 0  # Latencies are of other replicas, or of a backlog.
        return
    mean = readings.longest_rate * (readings.latency_mean_seconds or 0.0)
    if in_flight is None or mean <= 0 or ready <= 0:
        return
    memory.looks = min(memory.looks + 1, MOST_LOOKS)
    share = 1 / memory.looks
    memory.variance += share * (2 * max(0.0, in_flight - mean) ** 2 / mean - memory.variance)
    memory.each += share * (mean / ready - memory.each)
    waits = memory.variance > MORE_THAN_CHANCE * max(dispersion, 1.0)
    if memory.looks >= FEWEST_LOOKS and not waits:
        memory.busiest = max(memory.busiest, memory.each)


def probing_replicas(memory: Probing, rate: float, capacity: Capacity, target: float) -> int:
    """The fewest that are a step away from what was seen, or have slots for it that were seen.

    Args:
        memory: Of this service.
        rate: Requests a second.
        capacity: Of a replica.
        target: Utilization, 0 to 1.
    """
    load = rate * (capacity.service_seconds or 0.0)
    in_slots_seen = load / (target * memory.slots)
    as_busy = load / memory.busiest if memory.busiest else inf
    step = as_busy / BUSIER if as_busy < FEWEST_FOR_A_STEP else min(as_busy / BUSIER, as_busy - 1)
    return ceil(min(in_slots_seen, step) - EPSILON)
