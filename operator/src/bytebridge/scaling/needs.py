"""All floors of one observation."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.decision import Reason
from bytebridge.scaling.demand import Demand
from bytebridge.scaling.floors import (
    burst_floor,
    drain_floor,
    latency_floor,
    utilization_floor,
)
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy

DRAIN_SECONDS = 20.0
"""A backlog of a service with a latency objective is gone this long after pods are Ready."""

REASONS: Mapping[str, Reason] = {
    "utilization": Reason.UTILIZATION,
    "latency": Reason.LATENCY_OBJECTIVE,
    "burst": Reason.BURSTINESS,
    "drain": Reason.BACKLOG,
    "depth": Reason.BACKLOG,
    "cpu": Reason.UTILIZATION,
    "wake": Reason.WAKE_UP,
}


@dataclass(frozen=True, slots=True)
class Needs:
    """Replicas that each rule asks for."""

    floors: Mapping[str, int]
    complete: bool
    """False: something was unknown, so the floors are a reason to go up but not to go down."""

    @property
    def standing(self) -> int:
        """The need without the surplus for a backlog."""
        return max((count for name, count in self.floors.items() if name != "drain"), default=0)

    @property
    def binding(self) -> str | None:
        """The rule that asks for most."""
        return max(self.floors, key=lambda name: self.floors[name], default=None)


def compute_needs(
    policy: Policy,
    observation: Observation,
    demand: Demand | None,
    capacity: Capacity,
    dispersion: float,
    seconds_to_ready: float,
) -> Needs:
    """Apply every rule for which enough is known."""
    backlog = observation.readings.queue_depth
    floors: dict[str, int] = {}
    complete = True
    if policy.depth_per_replica is not None:
        floors["depth"] = ceil((backlog or 0.0) / policy.depth_per_replica)
        complete = backlog is not None
    if demand is None:
        complete = complete and policy.depth_per_replica is not None
    elif demand.rate > 0 and (capacity.slots is None or not capacity.service_seconds):
        floors |= _floors_without_capacity(policy, observation)
        complete = "cpu" in floors
    elif demand.rate > 0:
        floors |= _queueing_floors(policy, demand, capacity, dispersion)
        floors["drain"] = _drain(policy, observation, demand, capacity, seconds_to_ready)
    if backlog or (demand is not None and demand.rate > 0):
        floors["wake"] = 1
    return Needs(floors, complete)


def _queueing_floors(
    policy: Policy, demand: Demand, capacity: Capacity, dispersion: float
) -> dict[str, int]:
    slots, service = capacity.slots or 1.0, capacity.service_seconds or 0.0
    load = demand.rate * service
    floors = {"utilization": utilization_floor(load, slots, policy.target_utilization)}
    if policy.latency_seconds is not None:
        floors["latency"] = latency_floor(
            load, slots, service, policy.latency_seconds, policy.percentile
        )
        floors["burst"] = burst_floor(load, slots, dispersion)
    return floors


def _floors_without_capacity(policy: Policy, observation: Observation) -> dict[str, int]:
    """Utilization alone, as long as slots and service time are unknown."""
    busy, ready = observation.readings.cpu_utilization, observation.replicas.ready
    if busy is None or ready == 0:
        return {}
    return {"cpu": utilization_floor(ready * busy, 1.0, policy.target_utilization)}


def _drain(
    policy: Policy,
    observation: Observation,
    demand: Demand,
    capacity: Capacity,
    seconds_to_ready: float,
) -> int:
    throughput = capacity.requests_per_second
    if throughput is None:
        return 0
    ready = observation.replicas.ready
    backlog = observation.readings.queue_depth or 0.0
    # A queue shorter than the busy slots is what any healthy service has at times.
    if backlog <= ready * (capacity.slots or 1.0):
        backlog = 0.0
    return drain_floor(
        rate=demand.rate,
        backlog=backlog,
        ready_throughput=ready * throughput,
        replica_throughput=throughput,
        seconds_to_ready=seconds_to_ready,
        drain_seconds=policy.drain_seconds or DRAIN_SECONDS,
    )
