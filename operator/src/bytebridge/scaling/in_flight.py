"""Requests in flight of a service that tells of no queue: more than are served are waiting.

What web frameworks count as in progress is all that has come in, the waiting as well. Taken for
busy slots it would make a service that is full look as if it had slots without end.
"""

from dataclasses import dataclass, replace
from math import inf

from bytebridge.scaling.capacity import Capacity, most_busy
from bytebridge.scaling.observation import Observation, Readings

CLEARLY_MORE = 1.5
"""Times what can be served: as much more may be the moments at which replicas were read."""


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
    in_flight = readings.in_flight
    if readings.queue_depth is not None or in_flight is None or not slots or ready <= 0:
        return observation
    served = ready * slots
    if in_flight > CLEARLY_MORE * served and in_flight > CLEARLY_MORE * _busy(readings, capacity):
        memory.counts_waiting = True
    if not memory.counts_waiting:
        return observation
    waiting = max(0.0, in_flight - served)
    return replace(observation, readings=replace(readings, in_flight=None, queue_depth=waiting))


def _busy(readings: Readings, capacity: Capacity) -> float:
    """The most that the load can keep busy, L = X S (J. Little, 1961), and chance beyond it."""
    if not readings.requests_per_second or not capacity.service_seconds:
        return inf
    return most_busy(max(readings.requests_per_second.values()) * capacity.service_seconds)
