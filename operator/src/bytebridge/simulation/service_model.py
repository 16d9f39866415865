"""What is simulated: a service's pods, their service times and what may befall them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Exports(StrEnum):
    """What a service tells of its requests."""

    ALL = "all"
    """Arrivals, the waiting, those being served, latencies and service times."""
    COMPLETIONS = "completions"
    """The same, but completions instead of arrivals."""
    IN_PROGRESS = "in progress"
    """As web frameworks do: requests in progress, the waiting among them, and latencies."""


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """A service as the simulator knows it; the autoscalers only see what it exports."""

    service_seconds: float = 0.060
    """Mean time a request keeps a slot."""
    variability: float = 0.5
    """Squared coefficient of variation of the service time, lognormal; 0 is constant."""
    slots: int = 2
    """Requests that one replica serves at once."""
    startup_seconds: float = 30.0
    """Mean time from a pod's creation to Ready; each pod draws within 10 % of it."""
    timeout_seconds: float = 30.0
    """The client gives up after this time; the request has failed."""
    slowdown_at: float | None = None
    """Second from which requests take `slowdown` times as long: another model is served."""
    slowdown: float = 1.0
    database_replicas: int | None = None
    """More replicas than this only make each other slower: a shared database is full."""
    scattered: bool = False
    """Each request waits at the pod that a balancer drew for it, others idle or not. Not together
    with a database."""
    idle_replicas_count: bool = False
    """A Ready replica burdens the database without a request as well: by its connections, locks
    and polling. Without it only busy ones do."""

    def service_seconds_at(self, second: float) -> float:
        """Mean service time of a request that comes then."""
        slow = self.slowdown_at is not None and second >= self.slowdown_at
        return self.service_seconds * (self.slowdown if slow else 1.0)


def draw_service_times(
    model: ServiceModel, arrivals: Sequence[float], random: Random
) -> list[float]:
    """Draw the service time of each request, in seconds, in the order of arrival."""
    if model.variability == 0:
        times = [model.service_seconds] * len(arrivals)
    else:
        sigma = math.sqrt(math.log1p(model.variability))
        mu = math.log(model.service_seconds) - sigma * sigma / 2
        gauss, exp = random.gauss, math.exp
        times = [exp(gauss(mu, sigma)) for _ in arrivals]
    if model.slowdown_at is not None:
        changed, factor = model.slowdown_at, model.slowdown
        times = [s * factor if a >= changed else s for a, s in zip(arrivals, times, strict=True)]
    return times


@dataclass(frozen=True, slots=True)
class Workload:
    """The requests of one run, the same for every autoscaler: common random numbers."""

    arrivals: Sequence[float]
    """Seconds, ascending."""
    service_times: Sequence[float]
    rates: Sequence[float]
    """Mean requests a second in each second, known to nobody but the clairvoyant oracle."""

    @property
    def seconds(self) -> int:
        """Length of the run."""
        return len(self.rates)
