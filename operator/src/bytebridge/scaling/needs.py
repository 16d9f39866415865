"""All floors of one observation."""

from collections.abc import Mapping
from math import ceil, inf
from typing import NamedTuple

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.demand import Demand
from bytebridge.scaling.floors import (
    EPSILON,
    Fleet,
    burst_floor,
    cpu_floor,
    drain_floor,
    latency_floor,
    utilization_floor,
)
from bytebridge.scaling.full_queue import may_be_full
from bytebridge.scaling.lasting import lasting_rate
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.trend import onset_rate, ramp_rate

DRAIN_SECONDS = 5.0
"""A backlog of a service with a latency objective is gone this long after pods are Ready."""
MOST_SURPLUS = 3.0
"""A backlog is a reason for at most this many times what the load needs: more pods for seconds
cost their start, and may cost nodes."""

REASONS: Mapping[str, Reason] = {
    "utilization": Reason.UTILIZATION,
    "latency": Reason.LATENCY_OBJECTIVE,
    "burst": Reason.BURSTINESS,
    "trial": Reason.LATENCY_OBJECTIVE,
    "drain": Reason.BACKLOG,
    "forecast": Reason.FORECAST,
    "depth": Reason.BACKLOG,
    "cpu": Reason.UTILIZATION,
    "inFlight": Reason.UTILIZATION,
    "wake": Reason.WAKE_UP,
    "headroom": Reason.HEADROOM,
    "standby": Reason.STANDBY,
    "ttft": Reason.TIME_TO_FIRST_TOKEN,
    "kvCache": Reason.KV_CACHE,
    "tokens": Reason.TOKEN_RATE,
}

SURPLUS = frozenset({"drain", "forecast", "standby"})
"""Rules whose need passes soon, or has a time of its own."""
OF_PRESENT_LOAD = frozenset({"utilization", "latency", "headroom", "standby"})
"""Rules that ask for neither bursts, nor a backlog, nor what is to come."""
NOT_OF_A_SURGE = frozenset({"drain", "standby", "ttft", "kvCache", "tokens"})
"""Rules that are named also while the load is rising fast."""


class Startup(NamedTuple):
    """When capacity serves, in seconds from now."""

    seconds: float
    """A replica that is asked for now."""
    seconds_to_ready: float
    """Those under way."""
    overdue: bool = False
    """They take longer than is known: those that are asked for now may be Ready as soon."""


class Foreseen(NamedTuple):
    """What earlier days and earlier surges tell of the load to come, requests a second."""

    due: float
    """When what is decided now serves; 0: nothing beyond the present."""
    words: str
    highest: float
    """What bursts come to, by surges that come again or ten minutes; infinite: not known."""
    rise: float = inf
    """What a rise that begins now comes to, as it is awaited; infinite: not known."""
    climb: float = 0.0
    """What a rise that has lasted for minutes comes to; 0: there is none."""
    swell: float = 0.0
    """What the load may come to while pods start, by how it rose before; 0: not known."""


NOTHING_FORESEEN = Foreseen(0.0, "", inf)


class Load(NamedTuple):
    """Requests a second."""

    rate: float
    forecast: float
    """When what is decided now serves."""
    backlog: float
    """Requests that wait beyond those that any healthy service has waiting at times."""
    served: float
    """By the Ready replicas now, at least."""


class Needs(NamedTuple):
    """Replicas that each rule asks for."""

    floors: Mapping[str, int]
    complete: bool
    """False: something was unknown, so the floors are a reason to go up but not to go down."""
    clearing: bool = False
    """A backlog is being worked off that will not be gone by the next decision."""
    full: bool = False
    """The queue may be full: how many come is known at least, and not at most."""
    foreseen: Foreseen = NOTHING_FORESEEN
    """What was reckoned with."""
    waiting: float | None = None
    """The requests that were taken to wait."""
    ramp: int = 0
    """Replicas that a ramp's forecast asks for."""
    climb: int = 0
    """The same of a rise that has lasted for minutes."""
    startup_seconds: float = 0.0
    """Of a replica that is asked for now."""

    @property
    def standing(self) -> int:
        """The need of the present load, without the surplus for a backlog or a forecast."""
        most = 0
        for rule, floor in self.floors.items():
            if floor > most and rule not in SURPLUS:
                most = floor
        return most

    @property
    def steady(self) -> int:
        """The need of the present load if it stayed as it is, and what stands by choice."""
        most = 0
        for rule in OF_PRESENT_LOAD:
            most = max(most, self.floors.get(rule, 0))
        return most

    @property
    def binding(self) -> str | None:
        """The rule that asks for most."""
        binding, most = None, -1
        for rule, floor in self.floors.items():
            if floor > most:
                binding, most = rule, floor
        return binding


def compute_needs(
    policy: Policy,
    observation: Observation,
    demand: Demand | None,
    capacity: Capacity,
    dispersion: float,
    startup: Startup,
    foreseen: Foreseen = NOTHING_FORESEEN,
    waiting: float | None = None,
) -> Needs:
    """Apply every rule for which enough is known.

    Args:
        policy: The compiled spec.
        observation: What is known now.
        demand: `None`: unknown.
        capacity: Of one replica.
        dispersion: Index of dispersion of the arrivals.
        startup: When capacity serves.
        foreseen: What is due then by what came before.
        waiting: Requests that wait now, as read or reckoned; `None`: unknown.
    """
    readings, rate = observation.readings, _rate(policy, demand)
    backlog = readings.queue_depth
    floors: dict[str, int] = {}
    complete, clearing, full = backlog is not None or not policy.has_queue, False, False
    ramp_floor = climb_floor = 0
    if policy.depth_per_replica is not None:
        floors["depth"] = ceil((backlog or 0.0) / policy.depth_per_replica - EPSILON)
    if rate > 0 or backlog:
        if capacity.slots is None or not capacity.service_seconds:
            floors |= _floors_without_capacity(policy, observation)
            complete = complete and (policy.depth_suffices or "cpu" in floors)
        else:
            floors |= _load_floors(policy, rate, capacity, dispersion)
            if "burst" in floors:
                floors["burst"] = _burst_as_seen(policy, floors, rate, foreseen, capacity)
            standing = max(floors.values())
            ramp, onset = _forecasts(policy, demand, rate, dispersion, startup)
            ramp, onset = min(ramp, foreseen.rise), min(onset, foreseen.rise)
            climb = min(foreseen.climb, foreseen.rise)
            forecast = max(ramp, onset, climb)
            highest = max(forecast, foreseen.due)
            floors["forecast"] = _forecast_floor(policy, highest, rate, capacity)
            ramp_floor = _forecast_floor(policy, ramp, rate, capacity)
            climb_floor = _forecast_floor(policy, climb, rate, capacity)
            beyond = _beyond_slots(waiting or 0.0, observation, capacity)
            load = Load(rate, forecast, beyond, _served(observation, demand, capacity))
            needed = max(standing, floors["forecast"])
            floors["drain"] = _drain(policy, observation, load, (capacity, startup), needed)
            # What was read may be gone by now, but nobody has seen that yet.
            seen = max(waiting or 0.0, backlog or 0.0)
            if policy.drain_seconds is None:
                seen = _beyond_slots(seen, observation, capacity)
            clearing = seen > 0 and _clearing(
                policy, observation, load._replace(backlog=seen), capacity, standing
            )
            full = clearing and may_be_full(demand, load.served)
    elif foreseen.due and capacity.requests_per_second:
        floors["forecast"] = _forecast_floor(policy, foreseen.due, 0.0, capacity)
    if demand is None or not demand.counted:
        complete = complete and policy.depth_suffices
    if rate > 0 or backlog or (policy.has_queue and readings.in_flight):
        floors["wake"] = 1
    seconds = startup.seconds
    return Needs(
        floors, complete, clearing, full, foreseen, waiting, ramp_floor, climb_floor, seconds
    )


def _rate(policy: Policy, demand: Demand | None) -> float:
    """Requests a second that ask for replicas besides what waits."""
    if policy.drain_seconds is not None and not policy.interactive:
        return lasting_rate(demand)
    return demand.rate if demand else 0.0


def _load_floors(
    policy: Policy, rate: float, capacity: Capacity, dispersion: float
) -> dict[str, int]:
    """What the present load asks for, and what `headroomPercent` of it more would."""
    floors = queueing_floors(policy, rate, capacity, dispersion)
    if policy.headroom:
        more = queueing_floors(policy, rate * (1 + policy.headroom), capacity, dispersion)
        floors["headroom"] = max(more.values())
    return floors


def _burst_as_seen(
    policy: Policy,
    floors: Mapping[str, int],
    rate: float,
    foreseen: Foreseen,
    capacity: Capacity,
) -> int:
    """What bursts of seconds ask for, and rises while pods start, by what was seen of both."""
    bounded = floors["burst"]
    if foreseen.highest < inf:
        bounded = _bounded_burst(policy, floors, rate, foreseen.highest, capacity)
    return max(bounded, _forecast_floor(policy, foreseen.swell, rate, capacity))


def _bounded_burst(
    policy: Policy, floors: Mapping[str, int], rate: float, highest: float, capacity: Capacity
) -> int:
    """No more than what bursts have come to: the index of dispersion knows no such bound."""
    known = _forecast_floor(policy, highest, 0.0, capacity)
    if floors["burst"] <= known:
        return floors["burst"]
    slots, service = capacity.slots or 1.0, capacity.service_seconds or 0.0
    return max(known, burst_floor(rate * service, slots, 1.0, service))


def queueing_floors(
    policy: Policy, rate: float, capacity: Capacity, dispersion: float
) -> dict[str, int]:
    """What a steady load asks for.

    Args:
        policy: The compiled spec.
        rate: Requests a second.
        capacity: Of one replica, known.
        dispersion: Index of dispersion of the arrivals.
    """
    slots, service = capacity.slots or 1.0, capacity.service_seconds or 0.0
    load = rate * service
    floors = {"utilization": utilization_floor(load, slots, policy.target_utilization)}
    if policy.latency_seconds is not None:
        pooled = latency_floor(load, slots, service, policy.latency_seconds, policy.percentile)
        floors["latency"] = max(pooled, utilization_floor(load, slots, capacity.sustained or 1.0))
    if policy.interactive:
        floors["burst"] = burst_floor(load, slots, dispersion, service)
    return floors


def _forecasts(
    policy: Policy, demand: Demand | None, rate: float, dispersion: float, startup: Startup
) -> tuple[float, float]:
    """The rates of a ramp and of a rise that begins, when what is decided now serves.

    Workers with a queue need no forecast.
    """
    if demand is None:
        return 0.0, 0.0
    if not policy.interactive or not demand.rising:
        return rate, 0.0
    horizon = demand.age_seconds + startup.seconds + policy.tick_seconds
    history = demand.sample.history
    ramp = ramp_rate(history, rate, horizon, dispersion)
    return ramp, onset_rate(history, horizon, demand.newest_dispersion)


def _forecast_floor(policy: Policy, forecast: float, rate: float, capacity: Capacity) -> int:
    """Utilization alone: what the forecast misses is more than what queueing adds."""
    if forecast <= rate:
        return 0
    load = forecast * (capacity.service_seconds or 0.0)
    target = min(policy.target_utilization, capacity.sustained or 1.0)
    return utilization_floor(load, capacity.slots or 1.0, target)


def _floors_without_capacity(policy: Policy, observation: Observation) -> dict[str, int]:
    """Utilization alone, as long as slots and service time are unknown."""
    busy, ready = observation.readings.cpu_utilization, observation.replicas.ready
    if busy is None or ready == 0:
        return {}
    return {"cpu": cpu_floor(ready, busy, policy.target_utilization)}


def _beyond_slots(waiting: float, observation: Observation, capacity: Capacity) -> float:
    """What waits; 0 for a queue shorter than the slots: any healthy service has that at times."""
    return waiting if waiting > observation.replicas.ready * (capacity.slots or 1.0) else 0.0


def _drain(
    policy: Policy,
    observation: Observation,
    load: Load,
    service: tuple[Capacity, Startup],
    needed: int,
) -> int:
    """What an urgent backlog asks for, within bounds, and what `drainSeconds` does, without."""
    capacity, startup = service
    asked = 0
    if policy.interactive:
        wanted = _draining(observation, load, capacity, startup, DRAIN_SECONDS)
        most = MOST_SURPLUS if _overloaded(load) else 1.0
        asked = min(wanted, ceil(most * needed))
    if policy.drain_seconds is not None:
        # Pods that are asked for now take their start-up time of it; where that is most of it the
        # promise cannot be kept, and what is left would cost any number of them.
        left = max(policy.drain_seconds - startup.seconds, policy.drain_seconds / 2)
        asked = max(asked, _draining(observation, load, capacity, startup, left))
    return asked


def _draining(
    observation: Observation,
    load: Load,
    capacity: Capacity,
    startup: Startup,
    drain_seconds: float,
) -> int:
    throughput = capacity.requests_per_second
    until_ready = (load.rate + load.forecast) / 2
    if throughput is None or (load.backlog <= 0 and until_ready <= load.served):
        return 0
    replicas = observation.replicas
    if replicas.ready == 0 and observation.readings.queue_depth is None:
        return 0  # No pod serves, and nothing says that requests wait for one.
    fleet = Fleet(
        ready=replicas.ready,
        starting=replicas.starting,
        served=load.served,
        replica_throughput=throughput,
        seconds_to_ready=startup.seconds_to_ready,
        startup_seconds=startup.seconds_to_ready if startup.overdue else startup.seconds,
    )
    return drain_floor(fleet, load.forecast, until_ready, load.backlog, drain_seconds)


def _served(observation: Observation, demand: Demand | None, capacity: Capacity) -> float:
    """What the Ready replicas can serve by their slots, or more where they were seen to."""
    each = capacity.most_per_second or 0.0
    return max(observation.replicas.ready * each, demand.served if demand else 0.0)


def _overloaded(load: Load) -> bool:
    """Requests wait, or are about to: more come than the Ready replicas can serve."""
    return load.backlog > 0 or load.rate > load.served


def _clearing(
    policy: Policy,
    observation: Observation,
    load: Load,
    capacity: Capacity,
    standing: int,
) -> bool:
    """Whether a backlog still needs its surplus: those that stay would not clear it in a tick."""
    throughput = capacity.most_per_second
    if throughput is None:
        return False
    if policy.drain_seconds is None and not policy.interactive:
        return False
    stay = min(max(1, standing), observation.replicas.ready)
    return load.backlog > max(0.0, stay * throughput - load.rate) * policy.tick_seconds
