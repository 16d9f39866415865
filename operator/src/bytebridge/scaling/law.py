"""The law: one decision from one observation."""

from math import inf

from bytebridge.scaling.backlog import reckon_backlog
from bytebridge.scaling.capacity import (
    LATE_SECONDS,
    Capacity,
    as_of_late,
    learn_capacity,
    with_fast_service_time,
)
from bytebridge.scaling.choice import Choice, choose
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.demand import Demand, estimate_demand, without_rates
from bytebridge.scaling.dispersion import observe_arrivals
from bytebridge.scaling.doubtful_queue import without_doubtful_queue
from bytebridge.scaling.foresight import foresee, learn_surges
from bytebridge.scaling.history import queue_growth
from bytebridge.scaling.in_flight import with_queue_in_flight
from bytebridge.scaling.in_work import reckon_in_work
from bytebridge.scaling.language_model import (
    LANGUAGE_MODEL,
    LanguageModelMemory,
    with_language_model,
)
from bytebridge.scaling.late_counts import observe_late_counts
from bytebridge.scaling.needs import (
    Needs,
    Startup,
    compute_needs,
)
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.old_service_time import observe_after_backlog
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.rails import Rails, RailsMemory, raise_minimum
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.repetition import Reading, repeated_demand
from bytebridge.scaling.served import served_at_least
from bytebridge.scaling.slowing import takes_longer
from bytebridge.scaling.standby import with_standby
from bytebridge.scaling.startup import observe_replicas, until_ready
from bytebridge.scaling.state import State
from bytebridge.scaling.stuck_queue import without_stuck_messages
from bytebridge.scaling.sustained import missed_in_vain
from bytebridge.scaling.trial import with_trial
from bytebridge.scaling.uncounted import remember_in_flight, with_gauges
from bytebridge.scaling.usefulness import (
    Useful,
    learn_from_busy,
    learn_from_in_flight,
    learn_from_latency,
    learn_slowdown,
    limit_to_useful,
    own_capacity,
    watch_throughput,
)
from bytebridge.scaling.worked_off import observe_worked_off

UNEVENTFUL = frozenset({Reason.STEADY, Reason.SCALE_DOWN_HOLD})
"""Reasons that say less than that the objective is missed whatever the replicas."""
FORESEEN = frozenset({Reason.FORECAST, Reason.STEADY, Reason.SCALE_DOWN_HOLD})
"""Reasons that say less than what the season has, where replicas are there for it."""
RAILS_EXPLAIN = frozenset(
    {Reason.MIN_REPLICAS, Reason.STEADY, Reason.SCALE_DOWN_HOLD, Reason.SIGNALS_UNKNOWN}
)
"""Reasons that say less than the floor of a schedule or an annotation, where that binds."""


def decide(policy: Policy, state: State, observation: Observation) -> Decision:
    """Decide how many replicas a service needs now, and remember what the next decision needs.

    Args:
        policy: The compiled spec.
        state: Memory of this service; updated.
        observation: What is known now.
    """
    _remember_present(policy, state, observation)
    in_flight = observation.readings.in_flight
    observation = _with_gauges_told_apart(policy, state, observation)
    repeated = repeated_demand(state.reading, observation)
    demand = repeated or _read(policy, state, observation)
    if repeated and state.sample is not None:
        state.sample = state.sample.seen_again(observation.time)
    startup = _startup(policy, state, observation)
    rails = _rails(policy, state, observation, startup)
    if rails is not None:
        policy = rails.policy
    foreseen = foresee(policy, state, observation.time, demand, startup)
    if not repeated:
        watch_throughput(state, observation, demand)
        learn_slowdown(state, observation, in_flight)
        learn_from_in_flight(policy, state, observation, in_flight)
    learn_from_busy(policy, state, observation)
    learn_from_latency(policy, state, observation)
    requests = demand.fast * demand.fast_seconds if demand else 0.0
    present = with_fast_service_time(state.capacity, observation.readings, requests)
    own = own_capacity(policy, state, present)
    waiting = reckon_backlog(state.backlog, observation, demand, own, policy.latency_seconds)
    if policy.has_queue:
        reckon_in_work(state.in_work, observation, demand, own)
    dispersion = state.dispersion.index
    needs = compute_needs(policy, observation, demand, own, dispersion, startup, foreseen, waiting)
    learn_surges(policy, state, observation, demand, (own, startup), needs)
    if not state.ceiling.in_question:
        known = state.slowdown
        needs = with_trial(policy, state.trial, known, observation, demand, needs)
    useful = limit_to_useful(policy, state, observation, demand, needs, startup, present)
    needs, useful = _with_further_floors(policy, state, observation, demand, needs, useful)
    if demand is not None and not demand.ended and not state.uncounted.in_flight:
        sample = demand.sample
        observe_arrivals(
            state.dispersion, sample.history, demand.fast_seconds, inferred=sample.completions
        )
    choice = choose(policy, state, observation, needs, demand, useful)
    in_vain = missed_in_vain(
        state.sustained, observation.readings.latency_p95_seconds, policy.latency_seconds
    )
    in_vain = in_vain or state.stuck_queue.words
    choice = _explained(policy, choice, needs, useful, in_vain)
    if rails is not None:
        choice = _explained_by_rails(choice, rails, useful.replicas)
        needs = needs._replace(floors={**needs.floors, **rails.floors})
    most = None if useful.most == inf else max(choice.replicas, int(useful.most))
    return _decision(state, observation, choice, needs, demand, present, most)


def _with_gauges_told_apart(policy: Policy, state: State, observation: Observation) -> Observation:
    """What waits, and what is being served, as far as gauges can be believed."""
    slots = policy.concurrency_per_replica or state.capacity.slots
    gauge = observation.readings.in_flight
    observation = without_doubtful_queue(policy, state.doubtful_queue, observation, slots or 1.0)
    stuck, capacity = state.stuck_queue, state.capacity
    observation = without_stuck_messages(policy, stuck, observation, slots or 1.0, capacity)
    observation = with_queue_in_flight(state.in_flight, observation, state.capacity, slots)
    memory = state.old_service_time
    observe_after_backlog(memory, observation, gauge, state.capacity, slots or 1.0)
    account_again = remember_in_flight(state.uncounted, observation, state.capacity, slots or 1.0)
    if account_again and state.sample is not None:
        # Rates that did not account for what was in flight say nothing of those after them.
        state.sample, state.reading = state.sample.begun_anew(), None
    return observation


def _read(policy: Policy, state: State, observation: Observation) -> Demand | None:
    """What a reading that is new tells of replicas and of the load."""
    readings, time = observation.readings, observation.time
    state.capacity = learn_capacity(
        state.capacity,
        observation,
        policy.concurrency_per_replica,
        queue_growth(readings.queue_depth, time, state.sample) or 0.0,
        waiting=_mean_backlog(state, observation),
        late=_late(policy, observation),
        shared=state.ceiling.glances.shared_by(observation.replicas.ready),
        gone=_holds_gone(state, observation),
        worked_off=_by_what_is_worked_off(policy, state, observation),
    )
    late = as_of_late(state.capacity, readings)
    slowing = takes_longer(state.slowing, readings, time) or late != state.capacity
    throughput = _ready_throughput(late, observation)
    index = state.dispersion.index
    newest = state.sample.history[-1] if state.sample and state.sample.history else None
    counts = state.late_counts.dispersion(index, newest)
    demand = estimate_demand(
        readings,
        time,
        state.sample,
        index,
        throughput,
        counts,
        served_at_least(observation, state.ceiling.glances.size, policy.lateness(readings)),
        holds_waiting=state.in_flight.counts_waiting,
        slowing=slowing,
    )
    if demand is None:
        state.sample = without_rates(state.sample, time, readings.queue_depth, throughput)
        state.reading = None
    else:
        state.sample = demand.sample
        observe_late_counts(state.late_counts, demand.sample.history, index)
        state.reading = Reading(time, readings, demand)
    return demand


def _by_what_is_worked_off(policy: Policy, state: State, observation: Observation) -> float | None:
    """Seconds of a message where nobody measures them; 0: wait for it, `None`: nobody knows."""
    if not policy.has_queue or observation.readings.service_seconds:
        return None
    memory, slots = state.worked_off, policy.concurrency_per_replica or state.capacity.slots
    observe_worked_off(memory, observation, slots or 1.0)
    completions = state.sample is not None and state.sample.completions
    seconds = memory.service_seconds(completions=completions)
    return 0.0 if seconds is None and memory.young else seconds


def _mean_backlog(state: State, observation: Observation) -> float:
    """What mean latencies hold of waiting, where the service time has to be taken from them."""
    if observation.readings.service_seconds or state.sample is None:
        return 0.0
    return state.sample.mean_backlog


def _with_further_floors(
    policy: Policy,
    state: State,
    observation: Observation,
    demand: Demand | None,
    needs: Needs,
    useful: Useful,
) -> tuple[Needs, Useful]:
    """Floors of language models and of the warm standby, where a service has them."""
    replicas = useful.replicas
    if policy.generates_text:
        state.language_model = state.language_model or LanguageModelMemory()
        rate = demand.rate if demand else None
        memory, size = state.language_model, state.size
        needs = with_language_model(policy, memory, observation, size, state.capacity, needs, rate)
        replicas = max(replicas, *(needs.floors.get(name, 0) for name in LANGUAGE_MODEL))
    if policy.interactive and (demand is None or not demand.counted):
        needs, floor = with_gauges(policy, state.uncounted, observation, state.capacity, needs)
        replicas = max(replicas, floor)
    if state.rails is not None and policy.standby_seconds:
        needs, replicas = with_standby(policy, state.rails.standby, observation, needs, replicas)
    return needs, useful if replicas == useful.replicas else useful._replace(replicas=replicas)


def _explained(
    policy: Policy, choice: Choice, needs: Needs, useful: Useful, in_vain: str | None
) -> Choice:
    if useful.evidence and needs.complete:
        return Choice(choice.replicas, Reason.BOTTLENECK_ELSEWHERE, useful.evidence)
    if in_vain and choice.reason in UNEVENTFUL:
        return Choice(choice.replicas, Reason.BOTTLENECK_ELSEWHERE, in_vain)
    if useful.waits and choice.held is None:
        return choice._replace(held=useful.waits)
    if needs.foreseen.due and needs.binding == "forecast" and choice.reason in FORESEEN:
        return Choice(choice.replicas, Reason.FORECAST, needs.foreseen.words)
    if policy.standby_seconds and choice.reason is Reason.STEADY and needs.binding == "standby":
        words = f"a part of the largest need of {policy.standby_seconds:.0f} s stays"
        return Choice(choice.replicas, Reason.STANDBY, words)
    return choice


def _rails(
    policy: Policy, state: State, observation: Observation, startup: Startup
) -> Rails | None:
    if state.rails is None or (not policy.schedule and policy.manual_floor is None):
        return None
    lead = startup.seconds + policy.tick_seconds
    return raise_minimum(policy, state.rails.schedule, observation.unix_time, lead)


def _explained_by_rails(choice: Choice, rails: Rails, needed: int) -> Choice:
    """What a person's floor asks for is not said to fit the load."""
    if choice.reason not in RAILS_EXPLAIN or not rails.bind(choice.replicas, needed):
        return choice
    if choice.reason is Reason.SIGNALS_UNKNOWN:
        return choice._replace(held=f"{choice.held}; {rails.words}")
    return Choice(choice.replicas, rails.reason, rails.words)


def _remember_present(policy: Policy, state: State, observation: Observation) -> None:
    """After a start, what stands counts as needed until the hold has passed."""
    if observation.template_hash != state.capacity.template_hash:
        state.forget_template()
    state.size.observe(observation.time, observation.replicas.ready)
    if state.found is None:
        state.found = observation.replicas.desired
        state.needs.add(observation.time, state.found)
    if state.rails is None:
        state.rails = RailsMemory.of(policy)
    if state.rails is not None:
        state.rails.remember(observation.time, observation.replicas.desired)
    replicas = observation.replicas
    observe_replicas(state.startup, observation.time, replicas.desired, replicas.ready)


def _late(policy: Policy, observation: Observation) -> bool | None:
    """Whether an objective of those who wait is missed; `None`: there is none, or nobody knows."""
    lateness = policy.lateness(observation.readings)
    return None if lateness is None else lateness > 1


def _holds_gone(state: State, observation: Observation) -> bool:
    """Whether a gauge of busy slots may hold what replicas had that are gone.

    Gauges are read over the fast window. One that holds the waiting as well is not taken for slots
    that far (`probing.py`).
    """
    if observation.readings.queue_depth is None or state.in_flight.counts_waiting:
        return False
    window = state.sample.fast[0] if state.sample is not None else 0.0
    return observation.time - state.size.fewer_since < window + LATE_SECONDS


def _ready_throughput(capacity: Capacity, observation: Observation) -> float | None:
    each = capacity.requests_per_second
    return None if each is None else each * observation.replicas.ready


def _startup(policy: Policy, state: State, observation: Observation) -> Startup:
    """Start-up time by the pods' own timestamps, or else as seen here, or else as expected.

    What is read tells of a time before: from then on it takes as much longer.
    """
    known = observation.startup_seconds or state.startup.p90_seconds or policy.startup_seconds
    time, late = observation.time, state.lateness.expected(observation.time)
    seconds, to_ready = until_ready(state.startup, time, known, policy.tick_seconds)
    return Startup(seconds + late, to_ready + late, overdue=seconds > known)


def _decision(
    state: State,
    observation: Observation,
    choice: Choice,
    needs: Needs,
    demand: Demand | None,
    capacity: Capacity,
    most: int | None,
) -> Decision:
    signals = {
        "demandPerSecond": demand.rate if demand else None,
        "queueDepth": observation.readings.queue_depth,
        "reckonedBacklog": needs.waiting,
        "latencyP95Seconds": observation.readings.latency_p95_seconds,
        "slotsPerReplica": capacity.slots,
        "serviceSeconds": capacity.service_seconds,
        "idleServiceSeconds": state.slowdown.idle_seconds,
        "dispersion": state.dispersion.index,
        "metricsLateSeconds": state.lateness.expected(observation.time),
    }
    return Decision(
        observation.time,
        observation.replicas.desired,
        choice.replicas,
        choice.reason,
        needs.floors,
        choice.held,
        most,
        signals,
    )
