"""Bounds, concurrency and standing headroom for a service, each with its reason."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import fmean, median

from bytebridge.backtest.replay import Learned, Replay, Tick
from bytebridge.scaling.floors import latency_floor, utilization_floor
from bytebridge.scaling.policy import Policy

CALM_SHARE = 0.05
"""For this share of the time the load may need less than `minReplicas`."""
GROWTH = 1.25
"""`maxReplicas` over the most that the load has needed."""
RARE_SHARE = 0.001
"""Surges that last for less than this share of the time do not set `maxReplicas`."""
ENOUGH_SATURATED = 12
"""Ticks amid saturation from which the slots of a replica are taken to be known."""
MOST_PERCENT = 400
"""Of `headroomPercent`."""
EPSILON = 1e-9
PRICED_TICKS = 500
"""So many, evenly over the whole time, tell the price of headroom."""
NO_RISE = 1.02
"""A rise within this is none."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One recommendation."""

    field: str
    """Below `spec.scaling`."""
    present: str
    recommended: str
    reason: str


@dataclass(frozen=True, slots=True)
class Headroom:
    """What standing replicas can meet without waiting for new ones."""

    share: float
    """Of the time."""
    rise: float
    """The load grew to no more than this many times within a start-up time and a tick."""
    price: float
    """Replica-hours with room for such a rise relative to those that the load needs."""

    @property
    def percent(self) -> int:
        """As `headroomPercent` takes it."""
        return min(MOST_PERCENT, ceil(100 * (self.rise - 1) - EPSILON))


def advise(policy: Policy, replay: Replay, headrooms: Sequence[Headroom]) -> list[Advice]:
    """Recommend what the recorded load suggests.

    Args:
        policy: The compiled spec.
        replay: What was found.
        headrooms: As `headroom` gives them; the first is taken whose share of the time reaches the
            objective's percentile.
    """
    ticks = [tick for tick in replay.ticks if tick.arrivals is not None]
    if not ticks:
        return []
    advice = [_least(policy, ticks), _most(policy, ticks), _concurrency(policy, replay.learned)]
    chosen = next((h for h in headrooms if h.share >= policy.percentile), None)
    if chosen is not None and policy.interactive:
        advice.append(_headroom(policy, chosen))
    return advice


def _least(policy: Policy, ticks: Sequence[Tick]) -> Advice:
    calm = _quantile([tick.need for tick in ticks], CALM_SHARE)
    to_zero = policy.latency_seconds is None and calm == 0
    recommended = 0 if to_zero else max(2, calm)
    reason = f"the load needed no more than {calm} for {CALM_SHARE:.0%} of the time"
    if to_zero:
        reason += "; a queue may wake the first replica"
    elif calm < recommended:
        reason += "; two, so that one may fail"
    return Advice("minReplicas", str(policy.min_replicas), str(recommended), reason)


def _most(policy: Policy, ticks: Sequence[Tick]) -> Advice:
    needed = max(tick.need for tick in ticks)
    surplus = _quantile([tick.most for tick in ticks], 1 - RARE_SHARE)
    recommended = max(ceil(GROWTH * needed), surplus, 1)
    reason = f"the load needed {needed} at most; {GROWTH - 1:.0%} more for growth"
    if surplus == recommended:
        reason = (
            f"{surplus} were asked for, backlogs included, but for {RARE_SHARE:.1%} of the time"
        )
    return Advice("maxReplicas", str(policy.max_replicas), str(recommended), reason)


def _concurrency(policy: Policy, learned: Learned) -> Advice:
    present = policy.concurrency_per_replica
    shown = "learned" if present is None else f"{present:g}"
    name = "concurrencyPerReplica"
    if len(learned.saturated) < ENOUGH_SATURATED:
        seen = (
            "" if learned.busiest is None else f"; at most {learned.busiest:.1f} were seen at once"
        )
        reason = f"requests never waited at every replica for a minute, so it cannot be told{seen}"
        return Advice(name, shown, shown, reason)
    slots = max(1, round(median(learned.saturated)))
    reason = (
        f"so many were served at once by each replica while requests waited "
        f"(median of {len(learned.saturated)} ticks)"
    )
    return Advice(name, shown, str(slots), reason)


def _headroom(policy: Policy, chosen: Headroom) -> Advice:
    present = f"{100 * policy.headroom:.0f}"
    reason = (
        f"within a start-up time and a tick the load rose to no more than {chosen.rise:.2f} times "
        f"for {chosen.share:.0%} of the time"
    )
    if chosen.percent:
        reason += f"; replica-hours x {chosen.price:.2f}"
    return Advice("headroomPercent", present, str(chosen.percent), reason)


def headroom(
    policy: Policy, replay: Replay, horizon_seconds: float, shares: Sequence[float]
) -> list[Headroom]:
    """How much must stand so that rises within the horizon find room, and what that costs.

    Args:
        policy: The compiled spec.
        replay: What was found.
        horizon_seconds: From a rise to capacity for it: start-up time and a tick.
        shares: Of the time, ascending, for which there is to be room.
    """
    learned = replay.learned
    ticks = [tick for tick in replay.ticks if tick.arrivals]
    if not ticks or not learned.slots or not learned.service_seconds:
        return []
    rises = sorted(_rises(ticks, horizon_seconds))
    priced = ticks[:: max(1, len(ticks) // PRICED_TICKS)]
    loads = [(tick.arrivals or 0.0) * learned.service_seconds for tick in priced]
    service = learned.slots, learned.service_seconds
    needed = fmean(_floor(policy, load, *service) for load in loads)
    result = []
    for share in shares:
        rise = rises[min(len(rises) - 1, int(share * len(rises)))]
        rise = 1.0 if rise < NO_RISE else rise
        standing = fmean(_floor(policy, load * rise, *service) for load in loads)
        result.append(Headroom(share, rise, standing / needed))
    return result


def _floor(policy: Policy, load: float, slots: float, service: float) -> int:
    """What the law's floors for utilization and latency ask for."""
    needed = utilization_floor(load, slots, policy.target_utilization)
    if policy.latency_seconds is not None:
        limit, percentile = policy.latency_seconds, policy.percentile
        needed = max(needed, latency_floor(load, slots, service, limit, percentile))
    return max(1, policy.min_replicas, needed)


def _rises(ticks: Sequence[Tick], horizon: float) -> list[float]:
    """At each tick, the highest rate within the horizon over the present one (monotonic queue)."""
    ahead: deque[tuple[float, float]] = deque()
    rises = []
    for tick in reversed(ticks):
        rate = tick.arrivals or 0.0
        while ahead and ahead[-1][1] <= rate:
            ahead.pop()
        ahead.append((tick.time, rate))
        while ahead[0][0] > tick.time + horizon:
            ahead.popleft()
        rises.append(ahead[0][1] / rate)
    return rises


def _quantile(values: Sequence[int], share: float) -> int:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
