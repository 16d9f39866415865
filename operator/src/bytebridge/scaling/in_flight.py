"""Requests in flight of a service that tells of no queue: more than are served are waiting.

What web frameworks count as in progress is all that has come in, the waiting as well. Taken for
busy slots it would make a service that is full look as if it had slots without end.
"""

from dataclasses import dataclass, replace
from math import sqrt

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.observation import Observation, Readings

SIGMAS = 3.0
MORE_THAN_SLOTS = 1.5
"""Times the slots: fewer may be in flight by the moments at which each replica was read."""


@dataclass(slots=True)
class InFlight:
    """Memory of one service."""

    counts_waiting: bool = False
    """More were once in flight than can have been served."""


def with_queue_in_flight(
    memory: InFlight, observation: Observation, capacity: Capacity, slots: float | None
) -> Observation:
    """Tell the waiting from those that are being served, where one figure holds both.

    How many are served is then known only up to the slots, which is what is to be learned.

    Args:
        memory: Of this service; updated.
        observation: Present signals.
        capacity: Of a replica, as known before them.
        slots: Of a replica, configured or learned; `None`: not known.
    """
    readings, ready = observation.readings, observation.replicas.ready
    if readings.queue_depth is not None or readings.in_flight is None or not slots or ready <= 0:
        return observation
    served = ready * slots
    if readings.in_flight > MORE_THAN_SLOTS * served:
        memory.counts_waiting |= _waiting(readings, capacity.service_seconds)
    if not memory.counts_waiting:
        return observation
    waiting = max(0.0, readings.in_flight - served)
    told = replace(readings, in_flight=None, queue_depth=waiting)
    return replace(observation, readings=told)


def _waiting(readings: Readings, service_seconds: float | None) -> bool:
    """Whether so many cannot all be served: the load would not keep as many slots busy."""
    if not readings.requests_per_second or not service_seconds:
        return False
    load = max(readings.requests_per_second.values()) * service_seconds
    return readings.in_flight > MORE_THAN_SLOTS * (load + SIGMAS * sqrt(load))
