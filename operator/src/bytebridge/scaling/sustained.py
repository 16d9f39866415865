"""The utilization that a service sustains: latencies may be missed while slots are idle.

The latency floor takes each request to find the first free slot of all replicas. A balancer that
does not look at them, as a Kubernetes Service is one, lets requests wait at one pod while others
have nothing to do. How much of it a service bears is learned from what it shows.
"""

from dataclasses import dataclass
from math import exp, inf, log, sqrt
from typing import NamedTuple

from bytebridge.scaling.capacity import Capacity, remembered_seconds, steady
from bytebridge.scaling.demand import SIGMAS
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.floors import SERVICE_TAIL, SHORTEST_PATIENCE
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.queueing import erlang_c
from bytebridge.scaling.scattered import waits_beside_idle_slots

OVERLOADED = 0.95
"""Utilization from which requests wait for want of replicas."""
LONGEST_GAP_SECONDS = 30.0
"""Between two looks; what was in a longer one is not known."""
LONGEST_UNSEEN_SECONDS = 300.0
"""For so long a backlog may be worked off that no queue tells of."""
LARGEST_STEP = 1.5
"""A measurement lowers what is sustained by no more than this factor."""
LEAST = 0.02
LATE_SHARE = 0.05
"""Of the requests, that may take longer than the objective."""
SURGE_SHOWS_SECONDS = 20.0
"""A surge is late before it is in the rates, or has become a backlog; not for longer than this."""
HALVINGS = 20
"""Of the interval in which a utilization is looked for: to a millionth."""
FORGETTING_SECONDS = 7 * 86_400.0
"""More is taken to be sustained again by a factor of e in this time: a replica less is tried a few
times a day."""
USELESS_SHARE = 0.8
"""Of the utilization at which latencies were first missed: from here on they must be shorter."""
SHORTER = 0.9
"""Times the latency of then."""
DISBELIEF_SECONDS = 3_600.0
"""After replicas were found not to help, so long no more are tried."""


class Measurement(NamedTuple):
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
    miss: Measurement | None = None
    """Where the objective was first missed."""
    limit_before: float | None = None
    """What was known to be sustained before that."""
    useless: Measurement | None = None
    """What was measured when more replicas had not helped."""
    useless_at: float = -inf
    late_since: float | None = None
    """One that passes within a window is of something else."""
    overloaded_at: float = -inf
    """When a backlog was there, or nobody knows that there was none."""
    seen_at: float = inf
    """When it was last looked at; `inf`: never."""


def learn_sustained(
    memory: Sustained,
    observation: Observation,
    size: FleetSize,
    capacity: Capacity,
    objective: float,
) -> None:
    """Take in the latency of a service whose load and replicas have stood for its window.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        size: How long its replicas have stood.
        capacity: Of a replica.
        objective: Seconds.
    """
    time, window = observation.time, remembered_seconds(observation.readings)
    utilization = _utilization(observation, capacity)
    calm_since = _calm_since(memory, observation, capacity, objective, utilization)
    since = max(calm_since, size.changed_since)
    if utilization is None or time - since < window:
        return
    measured = _measure(observation, capacity, objective, utilization)
    if measured is None:
        return
    _forget(memory, time)
    if measured.seconds <= objective:
        memory.miss = memory.useless = memory.late_since = None
        if memory.limit is not None:
            memory.limit = max(memory.limit, measured.utilization)
        return
    late = measured.seconds > objective * (1 + SIGMAS / sqrt(measured.requests))
    if not late or time - memory.useless_at < DISBELIEF_SECONDS:
        return
    if memory.late_since is None or memory.late_since < since:
        memory.late_since = time
    if memory.useless is not None:
        memory.miss = memory.useless = None  # It is tried once more.
    scattered = waits_beside_idle_slots(observation, capacity.slots, objective)
    proven = SURGE_SHOWS_SECONDS if scattered else window
    if memory.miss is not None or time - memory.late_since >= proven:
        _lower(memory, time, measured, objective, capacity)


def missed_in_vain(memory: Sustained, latency: float | None, objective: float | None) -> str | None:
    """The evidence that latencies are missed for a reason that replicas do not mend."""
    useless, miss = memory.useless, memory.miss
    if useless is None or miss is None or latency is None or objective is None:
        return None
    if latency <= objective:
        return None
    return (
        f"latencies were {useless.seconds * 1000:.0f} ms with {useless.utilization:.0%} of the "
        f"slots busy and {miss.seconds * 1000:.0f} ms with {miss.utilization:.0%}: requests do not "
        "wait for replicas; look at the slowest of them and at the services they share"
    )


def _calm_since(
    memory: Sustained,
    observation: Observation,
    capacity: Capacity,
    objective: float,
    utilization: float | None,
) -> float:
    """Since when no backlog explains latencies, or may have."""
    time, readings = observation.time, observation.readings
    unseen = time - memory.seen_at > LONGEST_GAP_SECONDS
    memory.seen_at = time
    waiting = 0.0
    if utilization is not None and readings.queue_depth:
        served = observation.replicas.ready * (capacity.requests_per_second or inf)
        waiting = readings.queue_depth / served
    if utilization is None or utilization >= OVERLOADED or waiting > objective or unseen:
        memory.overloaded_at = time
    worked_off = LONGEST_UNSEEN_SECONDS if readings.queue_depth is None else 0.0
    return memory.overloaded_at + worked_off


def _utilization(observation: Observation, capacity: Capacity) -> float | None:
    """Share of the slots that the load of the slow window keeps busy; `None`: not known."""
    readings, ready = observation.readings, observation.replicas.ready
    if (
        not readings.requests_per_second
        or ready <= 0
        or not capacity.slots
        or not capacity.service_seconds
    ):
        return None
    return readings.longest_rate * capacity.service_seconds / (ready * capacity.slots)


def _measure(
    observation: Observation, capacity: Capacity, objective: float, utilization: float
) -> Measurement | None:
    """`None` where the latency is not that of the load, or service alone takes the objective."""
    readings = observation.readings
    latency = readings.latency_p95_seconds
    if latency is None or capacity.estimated or readings.partial or not steady(readings):
        return None
    service = capacity.service_seconds or 0.0
    if observation.replicas.starting or SERVICE_TAIL * service >= objective:
        return None
    requests = readings.longest_rate * readings.longest_window
    return Measurement(utilization, latency, max(1.0, requests))


def _forget(memory: Sustained, time: float) -> None:
    if memory.limit is not None and memory.measured_at is not None:
        passed = max(0.0, time - memory.measured_at) / FORGETTING_SECONDS
        memory.limit = min(1.0, memory.limit * exp(min(1.0, passed)))
    memory.measured_at = time


def _lower(
    memory: Sustained, time: float, measured: Measurement, objective: float, capacity: Capacity
) -> None:
    """Aim at a lower utilization, unless that has not helped."""
    if memory.miss is None:
        memory.miss, memory.limit_before = measured, memory.limit
    miss = memory.miss
    less = measured.utilization <= USELESS_SHARE * miss.utilization
    if less and measured.seconds >= SHORTER * miss.seconds:
        memory.limit, memory.useless, memory.useless_at = memory.limit_before, measured, time
        return
    service = SERVICE_TAIL * (capacity.service_seconds or 0.0)
    least = SHORTEST_PATIENCE * objective
    longer = max(measured.seconds - service, least) / max(objective - service, least)
    corrected = _corrected(measured.utilization, longer, round(capacity.slots or 1.0))
    memory.limit = corrected if memory.limit is None else min(memory.limit, corrected)


def _corrected(utilization: float, longer: float, slots: int) -> float:
    """The utilization of one replica at which waiting is shorter by that factor.

    In M/M/c a share P of the requests waits longer than S ln(C / P) / (c (1 - utilization)), C
    being the share that waits at all. How long it is in truth depends on the balancer; how it
    changes with the load is taken from there. Where that says nobody would be late, waiting is
    taken to be inversely proportional to the share of idle slots (J. Kingman, 1961).
    """
    slots, lowest = max(1, slots), max(utilization / LARGEST_STEP, LEAST)
    longest = _relative_waiting(utilization, slots) / longer
    if longest <= 0:
        return max(1 - longer * (1 - utilization), lowest)
    high = utilization
    low = 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _relative_waiting(middle, slots) < longest else (low, middle)
    return max(low, lowest)


def _relative_waiting(utilization: float, slots: int) -> float:
    """ln(C / P) / (1 - utilization); below 0 where fewer than P wait at all."""
    waits = erlang_c(slots, utilization * slots)
    return log(waits / LATE_SHARE) / (1 - utilization) if waits > 0 else -inf
