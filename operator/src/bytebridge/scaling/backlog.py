"""Requests that wait, where nobody has said so since."""

from dataclasses import dataclass

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.demand import Demand
from bytebridge.scaling.observation import Observation

IDLE = 0.9
"""Share of the slots below which so few are busy that nothing waits."""
FULL = 0.95
"""Share of the slots from which all are in use."""
MOST_SECONDS = 30.0
"""Of arrivals that may wait unseen: clients do not wait for ever."""


@dataclass(slots=True)
class Backlog:
    """Memory of one service."""

    waiting: float = 0.0
    time: float | None = None
    ready: int = 0


def reckon_backlog(
    memory: Backlog,
    observation: Observation,
    demand: Demand | None,
    capacity: Capacity,
    objective: float | None,
) -> float | None:
    """As it was read, or what has come since and was not served; `None`: nobody knows.

    A fluid model (L. Kleinrock, Queueing Systems II, 1976, section 2.7): where no queue is told it
    starts from nothing, is no less than what latencies hold, and ends when they are in time or
    slots are idle.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        demand: `None`: unknown.
        capacity: Of a replica.
        objective: Of the latency, seconds; `None`: there is none, and nothing is reckoned.
    """
    time, ready, told = (
        observation.time,
        observation.replicas.ready,
        observation.readings.queue_depth,
    )
    elapsed = 0.0 if memory.time is None else max(0.0, time - memory.time)
    served = (memory.ready + ready) / 2 * (capacity.most_per_second or 0.0)
    memory.time, memory.ready = time, ready
    if demand is None or not served or objective is None:
        memory.waiting = told or 0.0
        return told
    if told is not None and not demand.age_seconds:
        memory.waiting = told
    elif told is None and _nothing_waits(observation, capacity, objective):
        memory.waiting = 0.0
    else:
        most = max(memory.waiting, MOST_SECONDS * demand.rate)
        grown = memory.waiting + (demand.rate - max(served, demand.served)) * elapsed
        held = _held_by_latencies(observation, capacity, served) if told is None else 0.0
        memory.waiting = max(0.0, min(most, max(grown, held)))
    return memory.waiting


def _held_by_latencies(observation: Observation, capacity: Capacity, served: float) -> float:
    """Q = X W (J. Little, 1961), while all slots are in use: more wait than a counter may tell of.

    It may count completions, and service times are means of a window.
    """
    readings, service = observation.readings, capacity.service_seconds
    busy, latency = readings.in_flight, readings.latency_mean_seconds
    slots = observation.replicas.ready * (capacity.slots or 1.0)
    if busy is None or not latency or not service or busy < FULL * slots:
        return 0.0
    return served * max(0.0, latency - service)


def _nothing_waits(observation: Observation, capacity: Capacity, objective: float) -> bool:
    readings = observation.readings
    slots = observation.replicas.ready * (capacity.slots or 1.0)
    idle = readings.in_flight is not None and readings.in_flight < IDLE * slots
    latency = readings.latency_p95_seconds
    return idle or (latency is not None and latency <= objective)
