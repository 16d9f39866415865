"""Requests in flight that a service time of before a backlog does not account for.

Where latencies alone tell how long requests take, they hold the waiting for a minute and more after
a backlog, and what is known is of before it: of a cache that was full, or a model that was faster.
"""

from collections import deque
from dataclasses import dataclass, field

from bytebridge.scaling.capacity import Capacity, most_busy, remembered_seconds
from bytebridge.scaling.observation import Observation

MEAN_SECONDS = 30.0
"""Of which what is in flight is a mean."""


@dataclass(slots=True)
class OldServiceTime:
    """Memory of one service."""

    counts: deque[tuple[float, float]] = field(default_factory=deque)
    """When, and how many were in flight since the backlog."""
    in_flight: float = 0.0
    """Their mean, where they are more than the rates can keep busy; else 0."""


def observe_after_backlog(
    memory: OldServiceTime,
    observation: Observation,
    gauge: float | None,
    capacity: Capacity,
    slots: float,
) -> None:
    """Take in a reading. L = X S (J. Little, 1961), and chance, bound what rates can keep busy.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        gauge: In flight as it was read, before the waiting were told from the others.
        capacity: Of a replica, as known before.
        slots: Of a replica.
    """
    memory.in_flight = 0.0
    readings, time, counts = observation.readings, observation.time, memory.counts
    rates, waiting = readings.requests_per_second, readings.queue_depth or 0.0
    by_latency = readings.latency_mean_seconds and not readings.service_seconds
    old = by_latency and time - capacity.waited_at < remembered_seconds(readings)
    if not old or waiting > observation.replicas.ready * slots:
        counts.clear()
        return
    if gauge is not None:
        counts.append((time, gauge))
    while counts and counts[0][0] <= time - MEAN_SECONDS:
        counts.popleft()
    if not counts or not rates or not capacity.service_seconds:
        return
    mean = sum(count for _, count in counts) / len(counts)
    if mean > most_busy(readings.shortest_rate * capacity.service_seconds):
        memory.in_flight = mean
