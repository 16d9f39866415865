"""The recorded signals through the law, with the replicas that the law itself would have had.

What requests came, and how long one takes, does not depend on who scaled; how many wait does. So
the law is run twice over each tick. *As seen* it gets what was recorded, the recorded replicas
included, as `dryRun: true` would have: from this come the arrivals, the service time and the slots
of a replica. *On its own course* it gets those arrivals with the queue that its own replicas would
have left: a fluid that fills by arrivals and drains by Ready slots over service time (G. F. Newell,
Applications of Queueing Theory, 1971).
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.language_model import LANGUAGE_MODEL
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.seasonal import recalled_seasons
from bytebridge.scaling.state import State
from bytebridge.signals.history import Moment
from bytebridge.signals.recorded_rates import Points

STANDING_RULES = ("utilization", "latency", "burst", "depth", "cpu", "inFlight", *LANGUAGE_MODEL)
"""Floors of the present load; the others pass soon, or are a person's wish."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick of the replay. Rates are requests a second, times Unix seconds."""

    time: float
    arrivals: float | None
    """Requests a second; `None` while unknown."""
    stood: Replicas | None
    """What stood."""
    waiting: float | None
    """Recorded queue."""
    p95: float | None
    """Recorded, seconds."""
    desired: int
    """What the operator would have set."""
    ready: int
    """What would have been Ready."""
    queue: float
    """What would have waited, by the fluid model."""
    load: float
    """Replicas that the arrivals keep wholly busy; 0 while unknown."""
    need: int
    """Replicas for the present load by the law's floors, whatever the bounds."""
    most: int
    """The largest of all floors, whatever the bounds."""
    reason: str


@dataclass(slots=True)
class Learned:
    """What the replay found out about a replica."""

    slots: float | None = None
    """Requests that one replica serves at once; the configured one if there is one."""
    service_seconds: float | None = None
    busiest: float | None = None
    """Most requests that one replica was seen serving, on average over the replicas."""
    saturated: list[float] = field(default_factory=list)
    """Requests that one replica was serving in ticks in which some waited at every replica."""


@dataclass(slots=True)
class Replay:
    """The whole of it."""

    ticks: list[Tick] = field(default_factory=list)
    learned: Learned = field(default_factory=Learned)


class OwnFleet:
    """The replicas that the operator would have had, each Ready one start-up time after it."""

    def __init__(self, replicas: int, startup_seconds: float) -> None:
        self._startup_seconds = startup_seconds
        self._starting: deque[tuple[float, int]] = deque()
        self.ready = replicas

    @property
    def replicas(self) -> Replicas:
        """What stands now."""
        starting = sum(count for _, count in self._starting)
        return Replicas(self.ready + starting, self.ready, starting)

    def advance(self, time: float) -> None:
        """Let those become Ready whose time has come."""
        while self._starting and self._starting[0][0] <= time:
            self.ready += self._starting.popleft()[1]

    def scale(self, desired: int, time: float) -> None:
        """Create or stop replicas; those that are not Ready go first."""
        change = desired - self.replicas.desired
        if change > 0:
            self._starting.append((time + self._startup_seconds, change))
        while change < 0 and self._starting:
            due, count = self._starting.pop()
            if count > -change:
                self._starting.append((due, count + change))
            change = min(0, change + count)
        self.ready += min(0, change)


def replay(
    policy: Policy, moments: Iterable[Moment], done: Callable[[], None], earlier: Points = ()
) -> Replay:
    """Run the law over what was recorded.

    Args:
        policy: The compiled spec; its `startup_seconds` is the start-up time of a replica.
        moments: Oldest first; those before the first known replicas are left out.
        done: Told of each moment.
        earlier: Request rates from before the first moment: what the season is learned from.
    """
    result = Replay()
    seen, own = (State(seasons=recalled_seasons(earlier, policy.day_seconds)) for _ in range(2))
    fleet: OwnFleet | None = None
    stood: Replicas | None = None
    queue, before = 0.0, 0.0
    for moment in moments:
        done()
        stood = moment.replicas or stood
        if stood is None:
            continue
        if fleet is None:
            fleet, before = OwnFleet(stood.desired, policy.startup_seconds), moment.time
        fleet.advance(moment.time)
        observed = decide(policy, seen, _observation(moment.time, moment.readings, stood, policy))
        arrivals = observed.signals.get("demandPerSecond")
        capacity = seen.capacity
        queue = _queue(queue, arrivals, fleet.ready, capacity, moment.time - before)
        decision = decide(
            replace(policy, concurrency_per_replica=capacity.slots),
            own,
            _observation(
                moment.time,
                counterfactual(moment.readings, seen, arrivals, (stood.ready, fleet.ready), queue),
                fleet.replicas,
                policy,
            ),
        )
        fleet.scale(decision.replicas, moment.time)
        before = moment.time
        _learn(result.learned, moment.readings, stood, capacity)
        throughput = capacity.requests_per_second
        result.ticks.append(_tick(moment, arrivals, throughput, decision, fleet, queue))
    return result


def counterfactual(
    readings: Readings,
    seen: State,
    arrivals: float | None,
    ready: tuple[int, int],
    queue: float,
) -> Readings:
    """The recorded readings as they would have been with other replicas.

    Args:
        readings: As recorded.
        seen: What the law has learned from the recorded readings.
        arrivals: Requests a second; `None`: unknown, and then nothing is changed.
        ready: Replicas that were Ready, and that would have been.
        queue: Requests that would have waited.
    """
    capacity = seen.capacity
    if arrivals is None or capacity.slots is None or not capacity.service_seconds:
        return readings
    rates, completions = readings.requests_per_second, readings.completions
    if seen.sample is not None and seen.sample.completions:
        # Completions were cut off by the replicas that stood; arrivals were not.
        rates = dict.fromkeys(rates, arrivals)
        completions = None if completions is None else False
    stood, own = ready
    slots = own * capacity.slots
    busy = min(slots, arrivals * capacity.service_seconds) if queue == 0 else slots
    # A queue that is not exported hides in the requests in flight.
    exported = readings.queue_depth is not None
    in_flight = busy if exported else busy + queue
    return replace(
        readings,
        requests_per_second=rates,
        completions=completions,
        queue_depth=queue if exported else None,
        in_flight=in_flight if readings.in_flight is not None else None,
        in_flight_p10=None,
        latency_p95_seconds=None,
        latency_mean_seconds=None,
        service_seconds=capacity.service_seconds,
        cpu_utilization=busy / slots if slots else None,
        kv_cache_utilization=_shared(readings.kv_cache_utilization, stood, own),
    )


def _shared(mean: float | None, stood: int, own: int) -> float | None:
    """A mean over replicas, had the same total been spread over others."""
    return None if mean is None or own == 0 else min(1.0, mean * stood / own)


def _observation(
    time: float, readings: Readings, replicas: Replicas, policy: Policy
) -> Observation:
    return Observation(
        time, readings, replicas, startup_seconds=policy.startup_seconds, unix_time=time
    )


def _queue(
    queue: float, arrivals: float | None, ready: int, capacity: Capacity, seconds: float
) -> float:
    throughput = capacity.requests_per_second
    if arrivals is None or throughput is None:
        return queue
    return max(0.0, queue + (arrivals - ready * throughput) * seconds)


def _learn(learned: Learned, readings: Readings, stood: Replicas, capacity: Capacity) -> None:
    learned.slots, learned.service_seconds = capacity.slots, capacity.service_seconds
    if not readings.in_flight or stood.ready == 0:
        return
    busy = readings.in_flight / stood.ready
    learned.busiest = max(learned.busiest or 0.0, busy)
    if (readings.queue_depth or 0.0) >= stood.ready:
        learned.saturated.append(busy)


def _tick(
    moment: Moment,
    arrivals: float | None,
    throughput: float | None,
    decision: Decision,
    fleet: OwnFleet,
    queue: float,
) -> Tick:
    floors = decision.floors
    return Tick(
        time=moment.time,
        arrivals=arrivals,
        stood=moment.replicas,
        waiting=moment.readings.queue_depth,
        p95=moment.readings.latency_p95_seconds,
        desired=decision.replicas,
        ready=fleet.ready,
        queue=queue,
        load=(arrivals or 0.0) / throughput if throughput else 0.0,
        need=max((floors.get(rule, 0) for rule in STANDING_RULES), default=0),
        most=max(floors.values(), default=0),
        reason=decision.reason.value,
    )
