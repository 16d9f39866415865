"""Requests in flight that no rate accounts for: it is not told, or at fault, or clients hold on."""

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from bytebridge.scaling.capacity import Capacity, most_busy
from bytebridge.scaling.floors import burst_floor, cpu_floor, utilization_floor
from bytebridge.scaling.needs import Needs
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy

REMEMBERED_SECONDS = 30.0
"""Of which what is in flight is a mean where no rate is known: at one moment it is more or less by
chance. Otherwise it is of what the shortest window tells of."""
FALLEN = 0.75
"""Of the load before: where it has not come to less, what is in flight is ahead of it in a rise."""
SILENT_SECONDS = 60.0
"""Rates are not told: after a start they are known within a scrape or two."""
MOST_GROWTH = 3.0
"""Times the present replicas: how soon those that wait will be served is not known."""


@dataclass(slots=True)
class Uncounted:
    """Memory of one service."""

    recent: deque[tuple[float, float]] = field(default_factory=deque)
    """When, and how many were in flight."""
    in_flight: float = 0.0
    """Their mean, where it is more than rates that have fallen can keep busy; else 0."""
    load: float | None = None
    """What the shortest window can keep busy, when that last accounted for them."""
    silent_since: float | None = None
    """Since when no rate is known."""

    def mean_since(self, time: float) -> float | None:
        """Requests in flight; `None`: not known, or all slots are busy."""
        busy = [count for at, count in self.recent if at > time]
        return sum(busy) / len(busy) if busy else None


def remember_in_flight(
    memory: Uncounted, observation: Observation, capacity: Capacity, slots: float
) -> bool:
    """Take in a reading, and say whether rates account again for what is in flight.

    None is taken while requests wait, as all slots are busy then whatever comes.

    L = X S (J. Little, 1961), and chance, bound what the rates can keep busy. In a rise windows
    tell of a load that has passed, and more is in flight as well; but then no rate has fallen.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        capacity: Of a replica, as known before.
        slots: Of a replica.
    """
    doubted, told = memory.in_flight > 0, observation.readings.in_flight is not None
    _take_in(memory, observation, capacity, slots)
    return doubted and told and not memory.in_flight


def _take_in(memory: Uncounted, observation: Observation, capacity: Capacity, slots: float) -> None:
    readings, recent = observation.readings, memory.recent
    memory.in_flight = 0.0
    if readings.requests_per_second:
        memory.silent_since = None
    elif memory.silent_since is None:
        memory.silent_since = observation.time
    if (readings.queue_depth or 0.0) > observation.replicas.ready * slots:
        recent.clear()
        return
    if readings.in_flight is not None:
        recent.append((observation.time, readings.in_flight))
    while recent and recent[0][0] < observation.time - REMEMBERED_SECONDS:
        recent.popleft()
    _account(memory, observation, readings.service_seconds or capacity.service_seconds)


def _account(memory: Uncounted, observation: Observation, service_seconds: float | None) -> None:
    """Compare what is in flight with what the rates can keep busy, where that has fallen."""
    if not service_seconds:
        return
    window = observation.readings.shortest_window or REMEMBERED_SECONDS
    load = observation.readings.shortest_rate * service_seconds
    if memory.load is not None and load >= FALLEN * memory.load:
        in_flight = observation.readings.in_flight
        if load >= memory.load or in_flight is None or in_flight <= most_busy(load):
            memory.load = load
        return
    mean = memory.mean_since(observation.time - window)
    if mean is None:
        return
    if mean > most_busy(load):
        memory.in_flight = mean
    else:
        memory.load = load


def with_gauges(
    policy: Policy, memory: Uncounted, observation: Observation, capacity: Capacity, needs: Needs
) -> tuple[Needs, int]:
    """Add what gauges ask for where no rates are told: a reason to go up, and none to go down.

    Args:
        policy: Of an interactive service.
        memory: Of this service.
        observation: What is known now.
        capacity: Of a replica.
        needs: All other floors.
    """
    since = memory.silent_since
    if since is None or observation.time - since < SILENT_SECONDS:
        return needs, 0
    readings, target = observation.readings, policy.target_utilization
    if capacity.slots and readings.in_flight is not None:
        name, floor = "inFlight", in_flight_floor(memory, observation, capacity.slots, target)
    elif readings.cpu_utilization is not None:
        ready = observation.replicas.ready
        name, floor = "cpu", cpu_floor(ready, readings.cpu_utilization, target)
    else:
        return needs, 0
    return needs._replace(floors={**needs.floors, name: floor}), floor


def in_flight_floor(
    memory: Uncounted, observation: Observation, slots: float, target: float
) -> int:
    """Replicas with which at most `target` of the slots are in use.

    Those that wait want a slot as those do that have one, but for a queue shorter than the slots:
    any healthy service has that at times.
    Source: Knative documentation, "Configuring concurrency": average of the concurrency by target.

    Args:
        memory: Of this service.
        observation: What is known now.
        slots: Of a replica.
        target: Utilization, 0 to 1.
    """
    readings, desired = observation.readings, observation.replicas.desired
    load = memory.mean_since(observation.time - REMEMBERED_SECONDS)
    if load is None:
        load = (readings.in_flight or 0.0) + (readings.queue_depth or 0.0)
    floor = max(
        utilization_floor(load, slots, target),
        burst_floor(load, slots, dispersion=1.0, service_seconds=0.0),
    )
    return min(floor, ceil(MOST_GROWTH * max(1, desired)))
