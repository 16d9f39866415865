"""One number out of all needs: up at once, down by what is certain, never on missing knowledge."""

from collections.abc import Callable
from math import sqrt
from operator import itemgetter
from typing import NamedTuple

from bytebridge.scaling.bounds import (
    clamp,
    fewest_of_period,
    limit_step,
    lowest_step,
    most_of_period,
)
from bytebridge.scaling.demand import Demand
from bytebridge.scaling.dispersion import INDEX_BY_CHANCE
from bytebridge.scaling.needs import NOT_OF_A_SURGE, REASONS, Needs, queueing_floors
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.probing import probing_replicas
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.scattered import waits_beside_idle_slots
from bytebridge.scaling.small_steps import held_step, observe_need, remember_step
from bytebridge.scaling.state import State
from bytebridge.scaling.usefulness import Useful, own_capacity

NEW_POD_SECONDS = 60.0
"""New pods are scraped within this time; only then is their silence news."""
SURPLUS_HOLD_TICKS = 2
"""Surplus for a backlog or a forecast is kept this long: one reading less does not take it back."""
RAMP_HOLD = 0.5
"""Start-up times that replicas for a ramp's forecast are kept: noise may hide the ramp for a few
readings, and what is given back then comes one start-up time late."""
CLEARING_WORDS = "a backlog is being worked off"
UNCOUNTED_WORDS = "more requests are in flight than the request rate accounts for"
RAMP_WORDS = "what a ramp was foreseen to need is kept"
SCATTERED_WORDS = "requests wait while slots are idle"
BURSTINESS_WORDS = "how bursty the load is, is not known yet"
PROBING_WORDS = "how much a replica can do is tried a little at a time"
CERTAIN_SIGMAS = 4.0
"""A step down is certain where it would do for a load this many standard deviations higher: of an
hour's readings one lies three below."""
ROOM = 0.8
"""Share of the objective up to which latencies leave room for what is learned of a replica."""
SLOW_SECONDS = 60.0


class Choice(NamedTuple):
    """Replicas, the rule that bound, and what keeps them above the need."""

    replicas: int
    reason: Reason
    held: str | None = None


def choose(
    policy: Policy,
    state: State,
    observation: Observation,
    needs: Needs,
    demand: Demand | None,
    useful: Useful,
) -> Choice:
    """Choose, and remember what was needed.

    Args:
        policy: The compiled spec, its minimum raised by the rails.
        state: Memory of this service; updated.
        observation: What is known now.
        needs: What each rule asks for.
        demand: `None`: unknown.
        useful: How many of those needed help.
    """
    time, present = observation.time, observation.replicas.desired
    needed = clamp(policy, useful.replicas)
    if not needs.complete:
        return _blind(policy, state, observation, needed)
    state.blind_since = None
    unseen_seconds = _watch_coverage(state, observation)
    uncounted = min(_uncounted(policy, state), present)
    standing = clamp(policy, max(uncounted, min(max(needs.standing, needs.climb), useful.replicas)))
    state.needs.add(time, standing)
    observe_need(state.small_steps, time, standing, policy.hold_seconds, rises=needed > present)
    state.surplus.add(time, needed)
    if needs.ramp:
        state.ramps.add(time, clamp(policy, min(needs.ramp, useful.replicas)))
    if needed > present:
        allowed = _allowed(policy, state, observation, needed)
        return Choice(max(present, allowed), _up_reason(policy, needs, needed, demand))
    if demand is not None and demand.ended:
        words = "the series have ended: the slow rate only decays"
        return Choice(clamp(policy, present), Reason.SIGNALS_UNKNOWN, words)
    if unseen_seconds is not None:
        return _partly_blind(policy, observation, unseen_seconds)
    if state.capacity.estimated and policy.interactive:
        words = "the service time is an estimate until nothing has waited for a minute"
        return Choice(clamp(policy, present), Reason.SCALE_DOWN_HOLD, words)
    kept = _kept(policy, observation, needs, useful)
    if kept >= present > 0:
        return Choice(clamp(policy, present), Reason.BACKLOG, CLEARING_WORDS)

    def certainly_needed() -> int | None:
        return _certain_need(policy, state, observation, demand)

    least = max(
        (kept, CLEARING_WORDS),
        (_ramp(policy, state, needs, time), RAMP_WORDS),
        (uncounted, UNCOUNTED_WORDS),
        (_probing(policy, state, observation, demand), PROBING_WORDS),
        (_scattered(policy, state, observation), SCATTERED_WORDS),
        (_found(policy, state, observation, useful), BURSTINESS_WORDS),
        key=itemgetter(0),
    )
    hold = _hold_seconds(policy, needs)
    return _down(policy, state, (time, present, needed), least, hold, certainly_needed)


def _allowed(policy: Policy, state: State, observation: Observation, needed: int) -> int:
    """What `scaleUp` allows of what is needed."""
    time, present = observation.time, observation.replicas.desired
    return limit_step(policy, fewest_of_period(policy, state.rails, time, present), needed)


def _ramp(policy: Policy, state: State, needs: Needs, time: float) -> int:
    """What a ramp's forecast has asked for of late."""
    if state.ramps.empty:
        return 0
    hold = _hold_seconds(policy, needs)
    return state.ramps.largest(time, min(RAMP_HOLD * needs.startup_seconds, hold))


def _hold_seconds(policy: Policy, needs: Needs) -> float:
    """How long a need is kept: what is given back too soon costs a start-up.

    To keep what one would have to buy again for as long as that costs is never more than twice as
    dear as to know the future (ski rental; A. Karlin, M. Manasse, L. Rudolph and D. Sleator,
    "Competitive Snoopy Caching", Algorithmica 3, 1988). A hold that is set is kept to.
    """
    if not policy.holds_startup:
        return policy.hold_seconds
    return max(policy.hold_seconds, needs.startup_seconds)


def _uncounted(policy: Policy, state: State) -> int:
    """For what is in flight beyond the rates: a reason to keep replicas, and none to add any.

    It may be held by clients that ask for nothing.
    """
    in_flight = max(
        state.uncounted.in_flight, state.old_service_time.in_flight, state.in_work.messages
    )
    if not in_flight:
        return 0
    own = own_capacity(policy, state, state.capacity)
    if not own.slots or not own.service_seconds:
        return 0
    rate = in_flight / own.service_seconds
    return max(queueing_floors(policy, rate, own, state.dispersion.index).values())


def _probing(policy: Policy, state: State, observation: Observation, demand: Demand | None) -> int:
    """As far as replicas may go where slots may have been waiting requests."""
    readings = observation.readings
    told = readings.queue_depth is not None and not state.in_flight.counts_waiting
    known = policy.concurrency_per_replica or state.slowdown.idle_seconds is not None
    if told or known or demand is None or readings.latency_mean_seconds is None:
        return 0
    target = policy.target_utilization
    fewest = probing_replicas(state.probing, demand.rate, state.capacity, target)
    return min(fewest, observation.replicas.desired)


def _scattered(policy: Policy, state: State, observation: Observation) -> int:
    """All that serve, while requests wait at some of them and the objective is missed by it.

    Not where it has been seen that more replicas do not mend it, nor while that is tried.
    """
    if state.sustained.miss is not None or state.sustained.useless is not None:
        return 0
    slots = policy.concurrency_per_replica or state.capacity.slots
    waits = waits_beside_idle_slots(observation, slots, policy.latency_seconds)
    return observation.replicas.ready if waits else 0


def _found(policy: Policy, state: State, observation: Observation, useful: Useful) -> int:
    """Those that were found, for the minute and a half in which nothing tells of bursts yet."""
    if not policy.interactive or not state.dispersion.unknown(observation.time):
        return 0
    return int(min(state.found or 0, observation.replicas.desired, useful.most))


def _kept(policy: Policy, observation: Observation, needs: Needs, useful: Useful) -> int:
    """Replicas that stay whatever is needed.

    While a backlog is worked off, all that serve. Those that do not yet were asked for by a guess
    of the backlog there would be, and go where it has turned out too high, before they cost more;
    not where the time to clear it is promised, nor where the queue may be full.
    """
    replicas = observation.replicas
    if useful.keep:
        return replicas.desired
    if needs.clearing:
        cancels = replicas.starting and policy.drain_seconds is None and not needs.full
        return int(min(replicas.ready if cancels else replicas.desired, useful.most))
    return 0


def _blind(policy: Policy, state: State, observation: Observation, needed: int) -> Choice:
    """Unknown holds, and after a time goes to the fallback if that is higher; never down.

    What is known may still be a reason to go up.
    """
    time, present = observation.time, observation.replicas.desired
    if state.blind_since is None:
        state.blind_since = time
    blind_seconds = time - state.blind_since
    standing = clamp(policy, present)
    if needed > present:
        standing = max(standing, _allowed(policy, state, observation, needed))
    state.needs.add(time, standing)
    fallback = policy.fallback_replicas
    waited = blind_seconds >= policy.fallback_after_seconds
    if fallback is not None and waited and fallback >= standing:
        return Choice(clamp(policy, fallback), Reason.FALLBACK, "signals are unknown")
    return Choice(standing, Reason.SIGNALS_UNKNOWN, f"signals unknown for {blind_seconds:.0f} s")


def _watch_coverage(state: State, observation: Observation) -> float | None:
    """For how long replicas have had no fresh series; `None`: all of them have, or who knows."""
    if not observation.readings.partial:
        state.unseen_since = None
        return None
    if state.unseen_since is None:
        state.unseen_since = observation.time
    return observation.time - state.unseen_since


def _partly_blind(policy: Policy, observation: Observation, unseen_seconds: float) -> Choice:
    """Sums over some of the replicas may raise, and never lower."""
    present, coverage = observation.replicas.desired, observation.readings.coverage or 0.0
    held = f"only {coverage:.0%} of the replicas have fresh series"
    new = unseen_seconds < NEW_POD_SECONDS
    reason = Reason.SCALE_DOWN_HOLD if new else Reason.SIGNALS_UNKNOWN
    return Choice(clamp(policy, present), reason, held)


def _up_reason(policy: Policy, needs: Needs, needed: int, demand: Demand | None) -> Reason:
    binding = needs.binding
    asked = needs.floors[binding] if binding else 0
    if asked > policy.max_replicas == needed:
        return Reason.MAX_REPLICAS
    if binding is None or asked < policy.min_replicas:
        return Reason.MIN_REPLICAS
    if demand is not None and demand.surging and binding not in NOT_OF_A_SURGE:
        return Reason.SURGE_DETECTED
    return REASONS[binding]


def _replica_is_certain(policy: Policy, observation: Observation) -> bool:
    """Whether a replica is known by what was given and measured, or latencies leave room.

    What is learned of it varies with them.
    """
    readings, objective = observation.readings, policy.latency_seconds
    if policy.concurrency_per_replica and readings.service_seconds:
        return True
    latency = readings.latency_p95_seconds
    return latency is not None and objective is not None and latency <= ROOM * objective


def _certain_need(
    policy: Policy, state: State, observation: Observation, demand: Demand | None
) -> int | None:
    """Replicas for the most that the load may be, by what the slow window can tell.

    `None`: what a replica can do is not certain.
    """
    if demand is None or demand.rate <= 0 or state.capacity.requests_per_second is None:
        return 0
    if not _replica_is_certain(policy, observation):
        return None
    error = CERTAIN_SIGMAS * sqrt(max(state.dispersion.index, 1.0) * demand.rate / SLOW_SECONDS)
    own = own_capacity(policy, state, state.capacity)
    index = INDEX_BY_CHANCE * state.dispersion.index
    return max(queueing_floors(policy, demand.rate + error, own, index).values())


def _down(
    policy: Policy,
    state: State,
    now: tuple[float, int, int],
    least: tuple[int, str],
    hold: float,
    certainly_needed: Callable[[], int | None],
) -> Choice:
    time, present, needed = now
    kept, why = least
    held = max(
        needed,
        kept,
        state.needs.largest(time, hold),
        state.surplus.largest(time, min(SURPLUS_HOLD_TICKS * policy.tick_seconds, hold)),
    )
    target = clamp(policy, min(held, present))
    certain, by_chance = None, target < present
    if by_chance:
        certain, step = certainly_needed(), (present, target)
        target, hold = held_step(state.small_steps, time, step, certain, policy.hold_seconds)
    if target < present:
        lowest = lowest_step(policy, most_of_period(policy, state.rails, time, present))
        target = min(present, max(target, clamp(policy, lowest)))
        if target == present:
            words = "scaleDown.periodSeconds allows no further step yet"
            return Choice(present, Reason.SCALE_DOWN_HOLD, words)
        remember_step(state.small_steps, time, (present, target), certain)
        reason = Reason.SCALED_TO_ZERO if target == 0 else Reason.SCALE_DOWN
        return Choice(target, reason)
    if needed < target:
        words = f"{needed} would do; "
        words += why if kept == target else f"the largest need of {hold:.0f} s is kept"
        if kept < target and by_chance:
            words += ", as far as chance may bring it back"
        return Choice(target, Reason.SCALE_DOWN_HOLD, words)
    return Choice(target, Reason.STEADY)
