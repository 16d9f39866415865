"""What one replica can do: given, or learned while it is saturated."""

from dataclasses import dataclass, replace

from bytebridge.scaling.observation import Observation

MAX_SLOTS_PER_REPLICA = 1_024.0
SHORTEST_SERVICE_SECONDS = 1e-6
LONGEST_SERVICE_SECONDS = 3_600.0
LEARNING_RATE = 0.3
SATURATED_BACKLOG = 1.0
"""Waiting requests a ready replica from which its slots are taken to be all busy."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Slots and speed of one replica; `None` until known."""

    slots: float | None = None
    """Requests served at once."""
    service_seconds: float | None = None
    template_hash: str | None = None

    @property
    def requests_per_second(self) -> float | None:
        """Throughput of one saturated replica."""
        if self.slots is None or not self.service_seconds:
            return None
        return self.slots / self.service_seconds


def learn_capacity(
    known: Capacity, observation: Observation, configured_slots: float | None
) -> Capacity:
    """Update what is known of a replica; what was learned of another template is forgotten."""
    if observation.template_hash != known.template_hash:
        known = Capacity(template_hash=observation.template_hash)
    service = _service_seconds(observation) or known.service_seconds
    if service is not None:
        service = min(max(service, SHORTEST_SERVICE_SECONDS), LONGEST_SERVICE_SECONDS)
    slots = configured_slots or _learned_slots(known.slots, observation)
    return replace(known, slots=slots, service_seconds=service)


def _service_seconds(observation: Observation) -> float | None:
    """Measured service time, or Little's law over the busy slots (J. Little, 1961): S = N / X."""
    readings = observation.readings
    if readings.service_seconds:
        return readings.service_seconds
    windows = readings.requests_per_second
    if readings.in_flight and windows and windows[max(windows)] > 0:
        return readings.in_flight / windows[max(windows)]
    return None if readings.queue_depth else readings.latency_mean_seconds


def _learned_slots(known: float | None, observation: Observation) -> float | None:
    readings, ready = observation.readings, observation.replicas.ready
    if ready <= 0 or not readings.in_flight:
        return known
    busy = min(MAX_SLOTS_PER_REPLICA, max(1.0, readings.in_flight / ready))
    if known is None:
        return busy
    saturated = (readings.queue_depth or 0.0) >= SATURATED_BACKLOG * ready
    if saturated:
        return known + LEARNING_RATE * (busy - known)
    # Slots that were seen busy exist, saturated or not.
    return max(known, busy)
