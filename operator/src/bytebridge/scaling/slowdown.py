"""Replicas that are slower the more they have to do: a shared CPU, batches on a GPU.

1/S = A - B x, x being the requests a second of one replica. So it is where requests share a CPU
(M/G/1 processor sharing, T = S / (1 - rho); L. Kleinrock, Queueing Systems II, 1976, section 4.4),
and where each step of a batch of n takes a + b n (A. Agrawal et al., "Taming Throughput-Latency
Tradeoff in LLM Inference with Sarathi-Serve", OSDI 2024): S = s0 + s1 n, and n = x S (J. Little,
1961), give 1/S = 1/s0 - (s1/s0) x. That a service time says more of the load than of the service is
seen by loads that differ; how long requests take is asked of the present.
"""

from dataclasses import dataclass, field
from math import exp, floor, inf, log, sqrt
from typing import NamedTuple

from bytebridge.scaling.capacity import Capacity, remembered_seconds, steady
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.throughput import Busy

LATE_SECONDS = 15.0
"""What is in flight is of the replicas that have stood for so long, and twice a service time."""
BIN = 1.1
"""Loads that differ by less than this factor are one."""
MOST_REQUESTS = 1_000.0
"""Of which a load's speed is a mean: 3 % of chance are left."""
COUNTED_REQUESTS = 400.0
"""Of which a load is known to 5 % by chance: half of what tells it from another."""
PRESENT_REQUESTS = 300.0
"""Of which the present level is a mean."""
FORGETTING_SECONDS = 6 * 3_600.0
"""A load that was not seen since counts less by a factor of e in this time."""
FORGOTTEN_SECONDS = 86_400.0
FIT_SECONDS = 30.0
"""Sooner there is little that is new."""
CERTAIN_SIGMAS = 5.0
"""It is asked twice a minute for days: three would be exceeded by chance each week."""
LIKELY_SIGMAS = 2.0
"""Of a slope that may be there still."""
LEAST_RANGE = 1.2
"""Times the lowest load that the highest has to be."""
LEAST_SLOWDOWN = 1.2
"""Times the service time of an idle replica, at the highest load seen, from which it counts."""
LEAST_ROOM = 0.1
"""Share of the longest service time that is not an idle replica's: with less than that of it no
number of replicas keeps the objective, and near none any number is asked for."""
LEAST_SPEED = 0.1
"""Share of an idle replica's speed that is left under the highest load."""


class Speed(NamedTuple):
    """A load, and how fast requests are served under it."""

    each: float
    """Requests a second of one replica."""
    busy: float
    """Requests in service at once, of one replica."""
    requests: float
    """Of which these are means."""
    at: float

    @property
    def speed(self) -> float:
        """Inverse of the service time, X / N (J. Little, 1961); of means, as 1 / N has a bias."""
        return self.each / self.busy if self.busy else inf

    def moved(self, seen: "Speed", most: float) -> "Speed":
        """The mean with another one, of so many requests at most."""
        requests = min(self.requests + seen.requests, most)
        share = min(1.0, seen.requests / requests) if requests else 1.0
        each = self.each + share * (seen.each - self.each)
        return Speed(each, self.busy + share * (seen.busy - self.busy), requests, seen.at)


@dataclass(slots=True)
class Slowdown:
    """Memory of one service; of one pod template."""

    speeds: dict[int, Speed] = field(default_factory=dict)
    """By the logarithm of the load."""
    idle_seconds: float | None = None
    """Service time of a replica that has nothing else to do; `None`: load makes none slower."""
    per_request: float = 0.0
    """B / A, seconds: share of its speed that a replica loses by each request a second."""
    fitted_at: float = -inf
    time: float = -inf
    gathered: Speed | None = None
    """The present load."""
    gathered_full: bool = False
    """It is that of replicas that are all busy."""


def observe_speed(
    memory: Slowdown,
    observation: Observation,
    size: FleetSize,
    capacity: Capacity,
    in_flight: float | None,
    busy: Busy | None,
    dispersion: float = 1.0,
) -> None:
    """Take in how long requests take under the present load.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        size: How long its replicas have stood.
        capacity: Of a replica.
        in_flight: As it was read: while nothing waits it may hold the waiting.
        busy: What replicas serve while requests wait.
        dispersion: Index of dispersion of the arrivals.
    """
    time = observation.time
    elapsed, memory.time = max(0.0, time - memory.time), time
    seen = _look(memory, observation, size, capacity, in_flight, busy, elapsed, dispersion)
    if seen is None or seen.each <= 0:
        return
    place = floor(log(seen.each) / log(BIN))
    known = memory.speeds.get(place)
    memory.speeds[place] = known.moved(seen, MOST_REQUESTS) if known else seen
    if memory.idle_seconds is not None and not memory.gathered_full:
        # Of a replica with more to do than it may have, the line says too little.
        idle = seen.busy / seen.each * max(1 - memory.per_request * seen.each, LEAST_SPEED)
        share = min(1.0, seen.requests / PRESENT_REQUESTS)
        memory.idle_seconds += share * (idle - memory.idle_seconds)
    if time - memory.fitted_at >= FIT_SECONDS:
        _fit(memory)


def _look(
    memory: Slowdown,
    observation: Observation,
    size: FleetSize,
    capacity: Capacity,
    in_flight: float | None,
    busy: Busy | None,
    elapsed: float,
    dispersion: float,
) -> Speed | None:
    """How long requests take now; `None` where nothing tells of those that stand."""
    service = capacity.service_seconds
    if not service or capacity.estimated or not size.nearly:
        memory.gathered = None
        return None
    stands_seconds = observation.time - size.nearly_since
    calm_seconds = min(stands_seconds, observation.time - capacity.waited_at)
    share = min(1.0, elapsed / service) / max(dispersion, 1.0)
    if stands_seconds < 2 * service:
        busy = None  # Those that went finish what they began.
    full = _by_throughput(busy, in_flight, capacity.slots, elapsed)
    moment = full or _by_flight(observation, service, in_flight, calm_seconds, share)
    if moment is None or bool(full) is not memory.gathered_full:
        memory.gathered, memory.gathered_full = None, bool(full)
    if moment is None:
        return _by_service_time(observation, service, calm_seconds, elapsed)
    return _gather(memory, moment, size.nearly * elapsed)


def _gather(memory: Slowdown, moment: Speed, replica_seconds: float) -> Speed:
    """The mean of some moments on end, as Little's law is one of means.

    A rate that is high by chance is a heavier load that is served faster: one by one, moments would
    show the contrary of what is so.
    """
    each, busy, requests, at = moment
    counted = Speed(each, busy, each * replica_seconds, at)
    known = memory.gathered
    memory.gathered = mean = known.moved(counted, COUNTED_REQUESTS) if known else counted
    return Speed(mean.each, mean.busy, requests, at)


def _by_throughput(
    busy: Busy | None, in_flight: float | None, slots: float | None, elapsed: float
) -> Speed | None:
    """While requests wait, where all replicas have them: what is in flight may hold those."""
    if busy is None or not in_flight or not slots or not busy.one_size or not busy.shared:
        return None
    served = min(in_flight, slots * busy.most)
    return Speed(busy.each, served / busy.most, busy.throughput * elapsed, busy.time)


def _by_flight(
    observation: Observation,
    service_seconds: float,
    in_flight: float | None,
    calm_seconds: float,
    share: float,
) -> Speed | None:
    """At the moment, where neither replicas nor a backlog nor the load moved what is in flight.

    It varies as the arrivals do, by the square root of their index of dispersion more than Poisson.
    Readings closer together than a service time are of the same requests. So a `share` counts.
    """
    rate, ready = observation.readings.shortest_rate, observation.replicas.ready
    settled = LATE_SECONDS + 2 * service_seconds
    if in_flight is None or calm_seconds < settled or not steady(observation.readings):
        return None
    requests = rate * service_seconds * share
    return Speed(rate / ready, in_flight / ready, requests, observation.time)


def _by_service_time(
    observation: Observation, service_seconds: float, calm_seconds: float, elapsed: float
) -> Speed | None:
    """Of a window of a steady load."""
    readings = observation.readings
    rate, window = readings.longest_rate, remembered_seconds(readings)
    if calm_seconds < window or not steady(readings):
        return None
    each, requests = rate / observation.replicas.ready, rate * min(elapsed, window)
    return Speed(each, each * service_seconds, requests, observation.time)


class Line(NamedTuple):
    """1/S = A - B x."""

    intercept: float
    slope: float
    error: float
    """Standard error of the slope."""
    middle: float
    """Mean x: there the error of the slope does not show."""
    highest: float
    """x of the highest load seen."""

    @property
    def certain(self) -> bool:
        """Whether the slope is no chance, and makes a difference."""
        return self.slope > CERTAIN_SIGMAS * self.error and self._matters(self.slope)

    @property
    def refuted(self) -> bool:
        """Whether no slope that makes a difference is likely."""
        return not self._matters(self.slope + LIKELY_SIGMAS * self.error)

    def _matters(self, slope: float) -> bool:
        idle = self.intercept + (slope - self.slope) * self.middle
        return idle - slope * self.highest <= idle / LEAST_SLOWDOWN


def _fit(memory: Slowdown) -> None:
    """Learn anew how much is lost, and once it is known, by how long requests take of late.

    What was certain once is not lost because hours at one load leave it less certain, but only
    where loads that differ show none of it.
    """
    memory.fitted_at = time = memory.time
    for place in [p for p, seen in memory.speeds.items() if time - seen.at > FORGOTTEN_SECONDS]:
        del memory.speeds[place]
    line = fitted_line(memory)
    if line is None:
        return
    if memory.idle_seconds is None:
        if line.certain:
            memory.per_request = line.slope / line.intercept
            memory.idle_seconds = 1 / line.intercept
    elif line.slope > 0:
        memory.per_request = line.slope / line.intercept
    else:
        memory.per_request, memory.idle_seconds = 0.0, None


def fitted_line(memory: Slowdown) -> Line | None:
    """By weighted least squares; `None`: no two loads are known.

    The mean of n service times has the standard error Cs/sqrt(n), Cs = 1.
    """
    speeds = [seen for seen in memory.speeds.values() if seen.busy]
    highest = max((s.each for s in speeds), default=0.0)
    if highest < LEAST_RANGE * min((s.each for s in speeds), default=inf):
        return None
    weights = [s.requests * exp((s.at - memory.time) / FORGETTING_SECONDS) for s in speeds]
    total = sum(weights)
    load = sum(w * s.each for w, s in zip(weights, speeds, strict=True)) / total
    speed = sum(w * s.speed for w, s in zip(weights, speeds, strict=True)) / total
    spread = moment = 0.0
    for w, s in zip(weights, speeds, strict=True):
        spread += w * (s.each - load) ** 2
        moment += w * (s.each - load) * (s.speed - speed)
    if not 0 < spread < inf:
        return None
    slope = -moment / spread
    return Line(speed + slope * load, slope, speed / sqrt(spread), load, highest)


def at_objective(memory: Slowdown, capacity: Capacity, longest_seconds: float | None) -> Capacity:
    """What a replica can do when it has as much to do as it may.

    That is until its slots are all in use, or requests take as long as they may. No more than what
    its slots serve at the present service time, which is never longer than that of a full replica.

    Args:
        memory: Of this service.
        capacity: Of a replica, by the present service time.
        longest_seconds: Mean service time with which the latency objective is met; `None`: any.
    """
    slots, idle, lost = capacity.slots, memory.idle_seconds, memory.per_request
    if not slots or not idle or not lost or not capacity.service_seconds:
        return capacity
    full = most = min(slots / (idle + slots * lost), slots / capacity.service_seconds)
    if longest_seconds is not None and idle < longest_seconds:
        most = min(most, max(1 - idle / longest_seconds, LEAST_ROOM) / lost)
    seconds = idle / max(1 - lost * most, LEAST_SPEED)
    return capacity._replace(
        slots=most * seconds, service_seconds=seconds, sustained=None, when_full=full
    )
