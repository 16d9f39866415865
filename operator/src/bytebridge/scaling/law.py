"""The law: one decision from one observation."""

from dataclasses import dataclass, replace

from bytebridge.scaling.bottleneck import SLOWER, BusyFleet, observe, useful_replicas
from bytebridge.scaling.bounds import (
    clamp,
    fewest_of_period,
    limit_step,
    lowest_step,
    most_of_period,
)
from bytebridge.scaling.capacity import Capacity, learn_capacity
from bytebridge.scaling.decision import Decision, Reason
from bytebridge.scaling.demand import Demand, estimate_demand, queue_growth
from bytebridge.scaling.explanation import explain
from bytebridge.scaling.floors import smoothed_dispersion
from bytebridge.scaling.language_model import (
    LANGUAGE_MODEL,
    LanguageModelMemory,
    with_language_model,
)
from bytebridge.scaling.needs import NOT_OF_A_SURGE, REASONS, Needs, Startup, compute_needs
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.rails import Rails, RailsMemory, raise_minimum
from bytebridge.scaling.seasonal import observe_season, seasonal_rate
from bytebridge.scaling.standby import with_standby
from bytebridge.scaling.state import State

FULL_COVERAGE = 0.9
"""Below this share of replicas with fresh series, sums are too low to go down by."""
SURPLUS_HOLD_TICKS = 2
"""Surplus for a backlog or a forecast is kept this long: one reading less does not take it back."""
SMALL_STEP = 0.1
"""Going down by no more than this share of the present replicas (or by one) waits longer: the gain
is small, and noise asks for it often. The HPA's tolerance is the same share, for ever."""
SMALL_STEP_HOLDS = 5.0
"""Times `holdSeconds` that such a step waits."""
RAILS_EXPLAIN = frozenset(
    {Reason.MIN_REPLICAS, Reason.STEADY, Reason.SCALE_DOWN_HOLD, Reason.SIGNALS_UNKNOWN}
)
"""Reasons that say less than the floor of a schedule or an annotation, where that binds."""


@dataclass(frozen=True, slots=True)
class _Choice:
    replicas: int
    reason: Reason
    held: str | None = None


def decide(policy: Policy, state: State, observation: Observation) -> Decision:
    """Decide how many replicas a service needs now, and remember what the next decision needs.

    Args:
        policy: The compiled spec.
        state: Memory of this service; updated.
        observation: What is known now.
    """
    _remember_present(policy, state, observation)
    state.capacity = learn_capacity(
        state.capacity,
        observation,
        policy.concurrency_per_replica,
        queue_growth(observation.readings, observation.time, state.sample) or 0.0,
    )
    demand = estimate_demand(
        observation.readings,
        observation.time,
        state.sample,
        state.dispersion,
        _ready_throughput(state.capacity, observation),
    )
    startup = _startup(policy, state, observation)
    rails = _rails(policy, state, observation, startup)
    if rails is not None:
        policy = rails.policy
    season = _season(policy, state, observation.time, demand, startup)
    needs = compute_needs(
        policy, observation, demand, state.capacity, state.dispersion, startup, season
    )
    useful, evidence = _useful(policy, state, observation, demand, needs, startup)
    if policy.generates_text:
        state.language_model = state.language_model or LanguageModelMemory()
        rate = demand.rate if demand else None
        memory = state.language_model
        needs = with_language_model(policy, memory, observation, state.capacity, needs, rate)
        useful = max(useful, *(needs.floors.get(name, 0) for name in LANGUAGE_MODEL))
    if state.rails is not None and policy.standby_seconds:
        needs, useful = with_standby(policy, state.rails.standby, observation, needs, useful)
    _learn_dispersion(state, observation, demand)
    choice = _choose(policy, state, observation, needs, demand, useful)
    if evidence and needs.complete:
        choice = _Choice(choice.replicas, Reason.BOTTLENECK_ELSEWHERE, evidence)
    if policy.standby_seconds and choice.reason is Reason.STEADY and needs.binding == "standby":
        words = f"a part of the largest need of {policy.standby_seconds:.0f} s stays"
        choice = _Choice(choice.replicas, Reason.STANDBY, words)
    if rails is not None:
        choice = _explained_by_rails(choice, rails, useful)
        needs = replace(needs, floors={**needs.floors, **rails.floors})
    return _decision(observation, choice, needs, demand, state.capacity, state.dispersion)


def _season(
    policy: Policy, state: State, time: float, demand: Demand | None, startup: Startup
) -> float:
    """The season's rate for when what is decided now serves. Workers need no forecast."""
    if demand is None or not policy.interactive:
        return 0.0
    observe_season(state.seasons, time, demand.rate, policy.day_seconds)
    if state.seasons.trusted is None:
        return 0.0
    horizon = startup.seconds + policy.tick_seconds
    return seasonal_rate(state.seasons, time, demand.rate, horizon, policy.day_seconds)


def _rails(
    policy: Policy, state: State, observation: Observation, startup: Startup
) -> Rails | None:
    if state.rails is None or (not policy.schedule and policy.manual_floor is None):
        return None
    lead = startup.seconds + policy.tick_seconds
    return raise_minimum(policy, state.rails.schedule, observation.unix_time, lead)


def _explained_by_rails(choice: _Choice, rails: Rails, needed: int) -> _Choice:
    """What a person's floor asks for is not said to fit the load."""
    if choice.reason not in RAILS_EXPLAIN or not rails.bind(choice.replicas, needed):
        return choice
    if choice.reason is Reason.SIGNALS_UNKNOWN:
        return replace(choice, held=f"{choice.held}; {rails.words}")
    return _Choice(choice.replicas, rails.reason, rails.words)


def _remember_present(policy: Policy, state: State, observation: Observation) -> None:
    """After a start, what stands counts as needed until the hold has passed."""
    if not state.decided_once:
        state.needs.add(observation.time, observation.replicas.desired)
        state.decided_once = True
    if state.rails is None:
        state.rails = RailsMemory.of(policy)
    if state.rails is not None:
        state.rails.remember(observation.time, observation.replicas.desired)
    if observation.replicas.starting == 0:
        state.starting_since = None
    elif state.starting_since is None:
        state.starting_since = observation.time


def _ready_throughput(capacity: Capacity, observation: Observation) -> float | None:
    each = capacity.requests_per_second
    return None if each is None else each * observation.replicas.ready


def _startup(policy: Policy, state: State, observation: Observation) -> Startup:
    seconds = observation.startup_seconds or policy.startup_seconds
    if state.starting_since is None:
        return Startup(seconds, seconds)
    return Startup(seconds, max(0.0, seconds - (observation.time - state.starting_since)))


def _useful(
    policy: Policy,
    state: State,
    observation: Observation,
    demand: Demand | None,
    needs: Needs,
    startup: Startup,
) -> tuple[int, str | None]:
    """The replicas needed, or those of them that can help, with the evidence."""
    needed = max(needs.floors.values(), default=0)
    capacity, memory = state.capacity, state.bottleneck
    if demand is None or not capacity.slots or not capacity.service_seconds or capacity.estimated:
        return needed, None
    fleet = BusyFleet(
        time=observation.time,
        desired=observation.replicas.desired,
        ready=observation.replicas.ready,
        service_seconds=capacity.service_seconds,
        slots=capacity.slots,
        backlog=observation.readings.queue_depth or 0.0,
    )
    observe(memory, fleet, needed)
    if memory.usual_seconds is None or capacity.service_seconds < SLOWER * memory.usual_seconds:
        return needed, None
    usual = replace(capacity, service_seconds=memory.usual_seconds)
    usually = compute_needs(
        policy, observation, demand, usual, state.dispersion, startup, needs.season
    )
    return useful_replicas(memory, fleet, needed, max(usually.floors.values(), default=0))


def _learn_dispersion(state: State, observation: Observation, demand: Demand | None) -> None:
    windows = observation.readings.requests_per_second
    if demand is None:
        state.sample = None
        return
    # A surge, and its end, are changes of the mean, not variance around it.
    steady = demand.rate == windows[max(windows)]
    if state.sample is not None and steady and len(windows) > 1:
        fast, slow = min(windows), max(windows)
        age = max(0.0, observation.time - state.sample.time)
        state.dispersion = smoothed_dispersion(
            state.dispersion, windows[fast], windows[slow], fast, age
        )
    state.sample = demand.sample


def _choose(
    policy: Policy,
    state: State,
    observation: Observation,
    needs: Needs,
    demand: Demand | None,
    useful: int,
) -> _Choice:
    time, present = observation.time, observation.replicas.desired
    needed = clamp(policy, useful)
    if not needs.complete:
        return _blind(policy, state, observation, needed)
    state.blind_since = None
    standing = clamp(policy, min(needs.standing, useful))
    state.needs.add(time, standing)
    state.small_steps.add(time, standing)
    state.surplus.add(time, needed)
    if needed > present:
        allowed = limit_step(policy, fewest_of_period(policy, state.rails, time, present), needed)
        return _Choice(max(present, allowed), _up_reason(policy, needs, demand))
    coverage = observation.readings.coverage
    if coverage is not None and coverage < FULL_COVERAGE:
        return _partly_blind(policy, present, coverage)
    if state.capacity.estimated and policy.interactive:
        words = "the service time is an estimate until nothing has waited for a minute"
        return _Choice(clamp(policy, present), Reason.SCALE_DOWN_HOLD, words)
    if needs.clearing:
        return _Choice(clamp(policy, present), Reason.BACKLOG, "a backlog is being worked off")
    return _down(policy, state, time, present, needed)


def _blind(policy: Policy, state: State, observation: Observation, needed: int) -> _Choice:
    """Unknown holds, and after a time goes to the fallback if that is higher; never down."""
    time, present = observation.time, observation.replicas.desired
    if state.blind_since is None:
        state.blind_since = time
    blind_seconds = time - state.blind_since
    standing = clamp(policy, max(present, needed))
    state.needs.add(time, standing)
    fallback = policy.fallback_replicas
    waited = blind_seconds >= policy.fallback_after_seconds
    if fallback is not None and waited and fallback >= standing:
        return _Choice(clamp(policy, fallback), Reason.FALLBACK, "signals are unknown")
    return _Choice(standing, Reason.SIGNALS_UNKNOWN, f"signals unknown for {blind_seconds:.0f} s")


def _partly_blind(policy: Policy, present: int, coverage: float) -> _Choice:
    held = f"only {coverage:.0%} of the replicas have fresh series"
    return _Choice(clamp(policy, present), Reason.SIGNALS_UNKNOWN, held)


def _up_reason(policy: Policy, needs: Needs, demand: Demand | None) -> Reason:
    binding = needs.binding
    asked = needs.floors[binding] if binding else 0
    if asked > policy.max_replicas:
        return Reason.MAX_REPLICAS
    if binding is None or asked < policy.min_replicas:
        return Reason.MIN_REPLICAS
    if demand is not None and demand.surging and binding not in NOT_OF_A_SURGE:
        return Reason.SURGE_DETECTED
    return REASONS[binding]


def _down(policy: Policy, state: State, time: float, present: int, needed: int) -> _Choice:
    hold = policy.hold_seconds
    held = max(
        needed,
        state.needs.largest(time, hold),
        state.surplus.largest(time, min(SURPLUS_HOLD_TICKS * policy.tick_seconds, hold)),
    )
    target = clamp(policy, min(held, present))
    if 0 < present - target <= max(1.0, SMALL_STEP * present) and target > 0:
        hold *= SMALL_STEP_HOLDS
        target = min(present, max(target, state.small_steps.largest(time, hold)))
    if target < present:
        lowest = lowest_step(policy, most_of_period(policy, state.rails, time, present))
        target = min(present, max(target, clamp(policy, lowest)))
        if target == present:
            words = "scaleDown.periodSeconds allows no further step yet"
            return _Choice(present, Reason.SCALE_DOWN_HOLD, words)
        reason = Reason.SCALED_TO_ZERO if target == 0 else Reason.SCALE_DOWN
        return _Choice(target, reason)
    if needed < target:
        words = f"{needed} would do; the largest need of {hold:.0f} s is kept"
        return _Choice(target, Reason.SCALE_DOWN_HOLD, words)
    return _Choice(target, Reason.STEADY)


def _decision(
    observation: Observation,
    choice: _Choice,
    needs: Needs,
    demand: Demand | None,
    capacity: Capacity,
    dispersion: float,
) -> Decision:
    signals = {
        "demandPerSecond": demand.rate if demand else None,
        "queueDepth": observation.readings.queue_depth,
        "latencyP95Seconds": observation.readings.latency_p95_seconds,
        "slotsPerReplica": capacity.slots,
        "serviceSeconds": capacity.service_seconds,
        "dispersion": dispersion,
    }
    return Decision(
        time=observation.time,
        replicas=choice.replicas,
        reason=choice.reason,
        message=explain(observation, choice.replicas, choice.reason, choice.held, signals),
        floors=needs.floors,
        held=choice.held,
        signals=signals,
    )
