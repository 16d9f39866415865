"""When replicas do not help: requests take longer because of something that they share.

A database or a downstream service that is full makes every request slower, the law then asks for
more replicas, and these make it slower still. So replicas that are asked for only because requests
take longer than they did are an experiment, and the next ones wait for its result: they must have
raised the throughput by at least half of their share (N. Gunther's Universal Scalability Law,
Guerrilla Capacity Planning, 2007: beyond the knee it does not rise at all).

A replica that is given more work than it ever had when it was well may be slow by itself: by its
limit of CPU, by larger batches. Then others relieve it, and nothing is held back.
"""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from bytebridge.scaling.fleet_size import FleetSize

SLOWER = 1.3
"""Requests that take this many times as long as they did are slower."""
RECOVERED = 1.15
EXPERIMENT = 1.25
"""Times the replicas that an experiment starts from. Fewer more would not stand out from noise."""
NEXT_EXPERIMENT = 2.0
"""The same after one that has shown that replicas help."""
RESULT_SECONDS = 60.0
"""The window of the measured service time: before, it mixes two sizes."""
LEAST_GAIN = 0.5
"""Share of proportional growth of the throughput from which replicas help."""
BUSIER = 1.25
"""A replica that gets this many times the work is slow by itself, as far as anybody knows."""
EASED = 0.8
"""Requests that take less than this share of what they took show that something has changed."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """Where replicas began to be added because requests took longer."""

    replicas: int
    throughput: float
    """Requests a second of all replicas when busy."""
    size: float = EXPERIMENT
    """Times the replicas that it may come to."""
    rising: bool = False
    """The service time rose just then, so that the throughput was less than it says."""
    seen: bool = False
    """What is served while requests wait has shown that so many replicas help."""


@dataclass(slots=True)
class Bottleneck:
    """Memory of the guard for one service."""

    usual_seconds: float | None = None
    """Service time when the service was last well."""
    usual_replicas: int = 0
    """Ready replicas then, once the measured service time was all theirs."""
    usual_each: float = 0.0
    """The most that one replica served at about the usual service time, requests a second."""
    experiment: Experiment | None = None
    bound_seconds: float | None = None
    """Service time when replicas were found not to help."""


class BusyFleet(NamedTuple):
    """What the guard looks at."""

    time: float
    desired: int
    size: FleetSize
    """Before the window has passed since a change, means are not of those that stand."""
    service_seconds: float
    slots: float
    backlog: float
    rate: float
    """Requests a second that come."""
    mean_rate: float
    """The same over the window of the service time."""
    slowing: bool = False
    """The service time rises: it is not that of any load or fleet."""

    @property
    def ready(self) -> int:
        """Replicas that serve."""
        return self.size.ready

    def each(self, rate: float) -> float:
        """Requests a second of such a rate that one replica serves."""
        return min(rate / max(1, self.ready), self.slots / self.service_seconds)

    @property
    def throughput(self) -> float:
        """Requests a second when all ready replicas are busy."""
        return self.ready * self.slots / self.service_seconds


def observe(memory: Bottleneck, fleet: BusyFleet, needed: int) -> None:
    """Remember how long requests usually take."""
    usual = memory.usual_seconds
    slower = usual is not None and fleet.service_seconds > RECOVERED * usual
    if not slower and fleet.time - fleet.size.fewer_since >= RESULT_SECONDS:
        memory.usual_each = max(memory.usual_each, fleet.each(fleet.mean_rate))
    settled = fleet.backlog == 0 and needed <= fleet.desired
    if usual is None or not slower or (settled and memory.experiment is None):
        memory.usual_seconds = fleet.service_seconds
        memory.experiment = memory.bound_seconds = None
        if usual is None or fleet.time - fleet.size.changed_since >= RESULT_SECONDS:
            memory.usual_replicas = fleet.ready


def take_result(memory: Bottleneck, replicas: int, throughput: float) -> None:
    """So many replicas were seen to serve more than fewer did: the experiment need not be awaited.

    Args:
        memory: Of this service; updated.
        replicas: That served.
        throughput: Requests a second, while others waited.
    """
    began = memory.experiment
    if began is not None and replicas >= began.replicas:
        memory.experiment = Experiment(replicas, throughput, NEXT_EXPERIMENT, seen=True)


def useful_replicas(
    memory: Bottleneck, fleet: BusyFleet, needed: int, usually_needed: int
) -> tuple[int, str | None]:
    """The replicas out of those needed that can help, and the evidence if that is fewer.

    Args:
        memory: Of this service; updated.
        fleet: Present state.
        needed: By the present service time.
        usually_needed: By the usual service time: what the load alone asks for.
    """
    usual = memory.usual_seconds
    busier = fleet.each(fleet.rate) > BUSIER * memory.usual_each
    driven = usual is not None and fleet.service_seconds >= SLOWER * usual and not busier
    load_alone = max(fleet.desired, usually_needed)
    more_than_usual = fleet.ready >= EXPERIMENT * memory.usual_replicas
    if usual is None or not driven or needed <= load_alone or not more_than_usual:
        return needed, None
    bound = memory.bound_seconds
    if bound is not None and fleet.service_seconds > EASED * bound:
        return load_alone, _evidence(fleet, usual)
    began = memory.experiment
    if began is None or bound is not None or fleet.ready <= began.replicas:
        # Until replicas come the service time is still that of a load before.
        seen = began is not None and bound is None and began.seen
        size = NEXT_EXPERIMENT if seen else EXPERIMENT
        began = Experiment(max(1, fleet.ready), fleet.throughput, size, fleet.slowing, seen)
        memory.experiment = began
        memory.bound_seconds = None
    waited = fleet.time - fleet.size.changed_since >= RESULT_SECONDS
    if fleet.ready >= EXPERIMENT * began.replicas and waited:
        growth = fleet.ready / began.replicas - 1
        helped = fleet.throughput >= began.throughput * (1 + LEAST_GAIN * growth)
        if not helped and not began.rising:
            memory.bound_seconds = fleet.service_seconds
            return load_alone, _evidence(fleet, usual)
        size = NEXT_EXPERIMENT if helped else EXPERIMENT
        memory.experiment = began = Experiment(fleet.ready, fleet.throughput, size, fleet.slowing)
    return min(needed, max(load_alone, ceil(began.size * began.replicas))), None


def _evidence(fleet: BusyFleet, usual: float) -> str:
    return (
        f"requests take {fleet.service_seconds * 1000:.0f} ms instead of {usual * 1000:.0f} ms, "
        f"and more replicas did not raise the {fleet.throughput:.0f} requests/s they can serve: "
        "look at the database and other services they share"
    )
