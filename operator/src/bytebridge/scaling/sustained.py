"""The utilization that a service sustains: latencies may be missed while slots are idle.

The latency floor takes each request to find the first free slot of all replicas. A balancer that
does not look at them, as a Kubernetes Service is one, lets requests wait at one pod while others
have nothing to do. How much of it a service bears is learned from what it shows.
"""

from dataclasses import dataclass, field
from math import exp, inf, sqrt

from bytebridge.scaling.capacity import Capacity, remembered_seconds, steady
from bytebridge.scaling.demand import SIGMAS
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.floors import SERVICE_TAIL
from bytebridge.scaling.observation import Observation

OVERLOADED = 0.95
"""Utilization from which requests wait for want of replicas."""
LARGEST_STEP = 1.5
"""A measurement lowers what is sustained by no more than this factor."""
LEAST = 0.02
FORGETTING_SECONDS = 7 * 86_400.0
"""More is taken to be sustained again by a factor of e in this time: a replica less is tried a few
times a day."""
USELESS_SHARE = 0.8
"""Of the utilization at which latencies were first missed: from here on they must be shorter."""
SHORTER = 0.9
"""Times the latency of then."""
DISBELIEF_SECONDS = 3_600.0
"""After replicas were found not to help, so long no more are tried."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Where the objective was first missed, and what was known to be sustained before."""

    utilization: float
    seconds: float
    limit_before: float | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """A latency, and the load it is of."""

    utilization: float
    """Share of the slots that were busy, mean."""
    seconds: float
    """At the objective's percentile."""
    requests: float
    """Of which it is measured."""


@dataclass(slots=True)
class Sustained:
    """Memory of one service; of one pod template."""

    limit: float | None = None
    """Utilization at which latencies are in time; `None`: no limit was seen."""
    measured_at: float | None = None
    miss: Miss | None = None
    useless: Measurement | None = None
    """What was measured when more replicas had not helped."""
    useless_at: float = -inf
    overloaded_at: float = -inf
    size: FleetSize = field(default_factory=FleetSize)


def learn_sustained(
    memory: Sustained, observation: Observation, capacity: Capacity, objective: float
) -> None:
    """Take in the latency of a service whose load and replicas have stood for its window.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        capacity: Of a replica.
        objective: Seconds.
    """
    measured = _measure(memory, observation, capacity, objective)
    if measured is None:
        return
    _forget(memory, observation.time)
    if measured.seconds <= objective:
        memory.miss = memory.useless = None
        if memory.limit is not None:
            memory.limit = max(memory.limit, measured.utilization)
        return
    late = measured.seconds > objective * (1 + SIGMAS / sqrt(measured.requests))
    if not late or observation.time - memory.useless_at < DISBELIEF_SECONDS:
        return
    if memory.useless is not None:
        memory.miss = memory.useless = None  # It is tried once more.
    _lower(memory, observation.time, measured, objective)


def missed_in_vain(memory: Sustained, latency: float | None, objective: float) -> str | None:
    """The evidence that latencies are missed for a reason that replicas do not mend."""
    useless, miss = memory.useless, memory.miss
    if useless is None or miss is None or latency is None or latency <= objective:
        return None
    return (
        f"latencies were {useless.seconds * 1000:.0f} ms with {useless.utilization:.0%} of the "
        f"slots busy and {miss.seconds * 1000:.0f} ms with {miss.utilization:.0%}: requests do not "
        "wait for replicas; look at the slowest of them and at the services they share"
    )


def _measure(
    memory: Sustained, observation: Observation, capacity: Capacity, objective: float
) -> Measurement | None:
    """`None` where the latency of the window is not that of the present load and replicas."""
    readings, time, ready = observation.readings, observation.time, observation.replicas.ready
    memory.size.observe(time, ready)
    rates, latency = readings.requests_per_second, readings.latency_p95_seconds
    if not rates or ready <= 0 or not capacity.slots or not capacity.service_seconds:
        return None
    slow, service = max(rates), capacity.service_seconds
    slots = ready * capacity.slots
    utilization = rates[slow] * service / slots
    waiting = (readings.queue_depth or 0.0) * service / slots
    if utilization >= OVERLOADED or waiting > objective:
        memory.overloaded_at = time
    since = max(memory.overloaded_at, memory.size.changed_since)
    if time - since < remembered_seconds(readings) or observation.replicas.starting:
        return None
    unknown = latency is None or capacity.estimated or not steady(readings)
    if latency is None or unknown or SERVICE_TAIL * service >= objective:
        return None
    return Measurement(utilization, latency, max(1.0, rates[slow] * slow))


def _forget(memory: Sustained, time: float) -> None:
    if memory.limit is not None and memory.measured_at is not None:
        passed = max(0.0, time - memory.measured_at) / FORGETTING_SECONDS
        memory.limit = min(1.0, memory.limit * exp(min(1.0, passed)))
    memory.measured_at = time


def _lower(memory: Sustained, time: float, measured: Measurement, objective: float) -> None:
    """Aim at a lower utilization, unless that has not helped."""
    miss = memory.miss = memory.miss or Miss(measured.utilization, measured.seconds, memory.limit)
    less = measured.utilization <= USELESS_SHARE * miss.utilization
    if less and measured.seconds >= SHORTER * miss.seconds:
        memory.limit, memory.useless, memory.useless_at = miss.limit_before, measured, time
        return
    corrected = _corrected(measured.utilization, measured.seconds / objective)
    memory.limit = corrected if memory.limit is None else min(memory.limit, corrected)


def _corrected(utilization: float, late: float) -> float:
    """Waiting is inversely proportional to the share of idle slots (J. Kingman, 1961).

    So that has to grow by the factor by which latencies are too long.
    """
    return max(1 - late * (1 - utilization), utilization / LARGEST_STEP, LEAST)
