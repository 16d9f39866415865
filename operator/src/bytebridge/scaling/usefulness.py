"""Of the replicas that are needed, those that help."""

from math import inf
from typing import NamedTuple

from bytebridge.scaling.bottleneck import (
    SLOWER,
    BusyFleet,
    observe,
    take_result,
    useful_replicas,
)
from bytebridge.scaling.capacity import MAX_SLOTS_PER_REPLICA, Capacity
from bytebridge.scaling.ceiling import Ceiling, observe_moment
from bytebridge.scaling.demand import Demand
from bytebridge.scaling.floors import SERVICE_TAIL
from bytebridge.scaling.full_replicas import CLEARLY_MORE, slots_when_full
from bytebridge.scaling.lateness import OfReplicas, of_which_replicas
from bytebridge.scaling.needs import Needs, Startup, compute_needs
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.probing import observe_busiest
from bytebridge.scaling.slowdown import at_objective, observe_speed
from bytebridge.scaling.state import State
from bytebridge.scaling.sustained import learn_sustained
from bytebridge.scaling.throughput import Glance

CLEARLY_SLOWER = 1.15
"""Times the measured service time from which what busy replicas serve is believed instead."""

SUSPECTED = "more replicas seem to serve no more: the next reading tells"
EXPERIMENT = (
    "requests take longer than they did: whether more replicas help is tried with these first"
)


class Useful(NamedTuple):
    """How many replicas help."""

    replicas: int
    evidence: str | None = None
    """Why more would not; `None`: all that are needed help."""
    waits: str | None = None
    """Why no more than these for now: whether they help is about to be seen."""
    keep: bool = False
    """The evidence is young: nothing is taken away for it yet."""
    most: float = inf
    """Replicas beyond which none helped, not even to work off a backlog; or, while that is in
    question, those that stand."""


def watch_throughput(state: State, observation: Observation, demand: Demand | None) -> None:
    """Tell the ceiling what is served: all that comes, or while requests wait, what is left."""
    backlog, unbound = observation.readings.queue_depth, state.ceiling.throughput is None
    ready, glances = observation.replicas.ready, state.ceiling.glances
    whose = of_which_replicas(state.lateness, observation, state.capacity, glances.size)
    earlier = whose is OfReplicas.EARLIER
    if backlog is None or demand is None or not demand.counted or earlier:
        glances.recent.clear()
        glances.size.observe(observation.time, ready)
        glances.waiting_since = glances.waiting_since if earlier else None
        state.ceiling.busy = None
        return
    each = state.capacity.requests_per_second
    measured = observation.readings.service_seconds is not None
    capacity = ready * each if measured and each is not None else inf
    glance = Glance(
        observation.time,
        ready,
        backlog,
        demand.fast,
        capacity,
        demand.newest,
        of_those_ready=whose is OfReplicas.PRESENT,
        told=demand.sample.told != 0 or not state.in_flight.counts_waiting,
        least=_least_busy(state, observation),
        slowing=demand.slowing,
    )
    slots, service = state.capacity.slots or 1.0, state.capacity.service_seconds or 0.0
    observe_moment(state.ceiling, glance, slots, demand.fast_seconds, service)
    if unbound and state.ceiling.throughput is not None:
        state.forget_needs()


def _least_busy(state: State, observation: Observation) -> float:
    """Requests at a replica with few, where they are counted by replica, the waiting as well."""
    least = observation.readings.in_flight_p10
    return inf if least is None or not state.in_flight.counts_waiting else least


def learn_from_busy(policy: Policy, state: State, observation: Observation) -> None:
    """What replicas that are all busy tell of a figure that nothing measures.

    Mean latencies hold waiting then, and for their window after it, and say nothing of a model that
    has become slower; a gauge that holds the waiting says nothing of slots. Of the two the other
    one has to be known: slots are given, or seen in use.

    Args:
        policy: The compiled spec.
        state: Memory of this service; its capacity is updated.
        observation: What is known now.
    """
    if state.ceiling.throughput is not None:
        return
    readings, ceiling = observation.readings, state.ceiling
    if not policy.concurrency_per_replica and state.in_flight.counts_waiting:
        state.capacity = _with_busy_slots(state, state.capacity)
    elif not readings.service_seconds and (policy.concurrency_per_replica or readings.in_flight):
        state.capacity = _as_busy(ceiling, state.capacity)


def learn_from_in_flight(
    policy: Policy, state: State, observation: Observation, in_flight: float | None
) -> None:
    """How much a replica does without requests that wait, where slots are not given.

    Args:
        policy: The compiled spec.
        state: Memory of this service; updated.
        observation: What is known now.
        in_flight: As it was read, before the waiting were told from the others.
    """
    if policy.concurrency_per_replica:
        return
    memory, capacity, index = state.probing, state.capacity, state.dispersion.index
    size, busy = state.size, state.ceiling.busy
    observe_busiest(memory, observation, in_flight, size, capacity, index, busy)


def _with_busy_slots(state: State, capacity: Capacity) -> Capacity:
    """Slots = throughput x S: fewer than are known at once, more where two looks say so."""
    busy = state.ceiling.busy
    if capacity.estimated or not capacity.slots or not capacity.service_seconds:
        return capacity
    seen = slots_when_full(state.full, state.ceiling.glances, busy, capacity.service_seconds)
    if seen > CLEARLY_MORE * capacity.slots:
        return capacity._replace(slots=min(seen, MAX_SLOTS_PER_REPLICA))
    if busy is None or not busy.one_size or not busy.shared:
        return capacity
    slots = max(1.0, busy.each * capacity.service_seconds)
    return capacity._replace(slots=slots) if slots < capacity.slots else capacity


def learn_from_latency(policy: Policy, state: State, observation: Observation) -> None:
    """What utilization is sustained; not where more replicas do not help, or may be seen not to."""
    objective, capacity = policy.latency_seconds, state.capacity
    if objective is None or _as_many_as_help(state, observation.replicas.ready):
        return
    if not observation.readings.service_seconds:
        # The mean latency holds what waits at some replicas while others are idle.
        capacity = own_capacity(policy, state, capacity)
    learn_sustained(state.sustained, observation, state.size, capacity, objective)
    if state.capacity.sustained != state.sustained.limit:
        state.capacity = state.capacity._replace(sustained=state.sustained.limit)


def _as_many_as_help(state: State, ready: int) -> bool:
    """With fewer than were seen to help, latencies are missed for want of replicas all the same."""
    ceiling, experiment = state.ceiling, state.bottleneck.experiment
    bound = ceiling.useful_replicas
    at_ceiling = ceiling.suspected > 0 or (bound is not None and ready >= bound)
    return at_ceiling or (experiment is not None and ready >= experiment.replicas)


def learn_slowdown(state: State, observation: Observation, in_flight: float | None) -> None:
    """How much slower a replica is the more it does; not while something behind it may be slow.

    Args:
        state: Memory of this service; updated.
        observation: What is known now.
        in_flight: As it was read, before the waiting were told from the others.
    """
    ceiling = state.ceiling
    if not ceiling.in_question:
        known, size = state.slowdown, state.size
        capacity, index = state.capacity, state.dispersion.index
        observe_speed(known, observation, size, capacity, in_flight, ceiling.busy, index)


def own_capacity(policy: Policy, state: State, capacity: Capacity) -> Capacity:
    """What a replica can do when it has as much to do as it may.

    Where something behind it makes it slow, that is not its own. Where all are busy, what they
    serve tells sooner than the mean of a minute that requests take longer than they did.
    """
    ceiling = state.ceiling
    if ceiling.throughput is None:
        objective = policy.latency_seconds
        longest = None if objective is None else objective / SERVICE_TAIL
        return at_objective(state.slowdown, _as_busy(ceiling, capacity), longest)
    if not capacity.slots or not capacity.service_seconds:
        return capacity
    seconds = min(capacity.service_seconds, capacity.slots / ceiling.best_each)
    return capacity._replace(service_seconds=seconds)


def _as_busy(ceiling: Ceiling, capacity: Capacity) -> Capacity:
    """S = slots / throughput of a replica, where that is clearly more than what is known."""
    busy = ceiling.busy
    if busy is None or not busy.one_size or busy.throughput <= 0:
        return capacity
    if not capacity.slots or not capacity.service_seconds:
        return capacity
    seconds = capacity.slots * busy.most / busy.throughput
    slower = seconds > CLEARLY_SLOWER * capacity.service_seconds
    return capacity._replace(service_seconds=seconds) if slower else capacity


def limit_to_useful(
    policy: Policy,
    state: State,
    observation: Observation,
    demand: Demand | None,
    needs: Needs,
    startup: Startup,
    capacity: Capacity,
) -> Useful:
    """The replicas needed, or those of them that can help, with the evidence.

    `capacity` is that of a replica now, whatever makes it slow.
    """
    needed = max(needs.floors.values(), default=0)
    if demand is None:
        return Useful(needed)
    bound = state.ceiling.useful_replicas
    if bound is not None:
        young = not state.ceiling.settled(observation.time)
        evidence = _evidence(state.ceiling) if needed > bound or young else None
        return Useful(min(needed, bound), evidence, keep=young, most=bound)
    if state.ceiling.disbelieved(observation.time):
        return Useful(needed)
    if state.ceiling.suspected:
        present = max(observation.replicas.desired, 1)
        waits = SUSPECTED if present < needed else None
        return Useful(min(needed, present), waits=waits, most=present)
    return _by_experiment(policy, state, observation, demand, needs, startup, capacity)


def _by_experiment(
    policy: Policy,
    state: State,
    observation: Observation,
    demand: Demand,
    needs: Needs,
    startup: Startup,
    capacity: Capacity,
) -> Useful:
    """By how long requests take, where nothing waits or the queue is not known."""
    needed = max(needs.floors.values(), default=0)
    memory = state.bottleneck
    if not capacity.slots or not capacity.service_seconds or capacity.estimated:
        return Useful(needed)
    fleet = BusyFleet(
        time=observation.time,
        desired=observation.replicas.desired,
        size=state.size,
        service_seconds=capacity.service_seconds,
        slots=capacity.slots,
        backlog=observation.readings.queue_depth or 0.0,
        rate=demand.rate,
        mean_rate=observation.readings.longest_rate,
        slowing=demand.slowing,
    )
    observe(memory, fleet, needed)
    if memory.usual_seconds is None or capacity.service_seconds < SLOWER * memory.usual_seconds:
        return Useful(needed)
    usual = capacity._replace(service_seconds=memory.usual_seconds)
    usually = compute_needs(
        policy,
        observation,
        demand,
        usual,
        state.dispersion.index,
        startup,
        needs.foreseen,
        needs.waiting,
    )
    most = max(usually.floors.values(), default=0)
    helped = state.ceiling.helped
    if helped is not None and helped.time == observation.time:
        take_result(memory, helped.fewest, helped.throughput)
    replicas, evidence = useful_replicas(memory, fleet, needed, most)
    if evidence is None and replicas < needed:
        return Useful(replicas, waits=EXPERIMENT, most=max(replicas, fleet.desired))
    if evidence is None:
        return Useful(replicas)
    return Useful(replicas, evidence, most=replicas)


def _evidence(ceiling: Ceiling) -> str:
    return (
        f"with requests waiting, more replicas did not raise the {ceiling.throughput:.0f} "
        f"requests/s that are served, which {ceiling.useful_replicas} can reach: look at the "
        "database and other services they share"
    )
