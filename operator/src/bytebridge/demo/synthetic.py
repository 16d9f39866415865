"""The synthetic NLP service: a queueing model whose servers are the slots of the Ready pods.

One queue in front of all pods, first come, first served, as a gateway holds it; each pod serves
some requests at once. A pod that is told to stop takes nothing new and finishes what it has. A
request whose client gave up while it waited is never served.
"""

import heapq
import math
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Final

BUCKETS: Final = (
    *(0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75),
    *(1.0, 1.5, 2.5, 5.0, 7.5, 10.0, 15.0, 30.0),
)
"""Upper bounds of the latency histogram in seconds."""


@dataclass(frozen=True, slots=True)
class ServiceProfile:
    """What one replica can do."""

    slots_per_replica: int = 4
    mean_service_seconds: float = 0.06
    squared_variation: float = 0.5
    """Variance of the service time over its mean squared; lognormal."""
    client_timeout_seconds: float = 30.0

    @property
    def requests_per_second_per_replica(self) -> float:
        """Most that a replica can serve with all its slots busy."""
        return self.slots_per_replica / self.mean_service_seconds


@dataclass(slots=True, eq=False)
class Pod:
    """One Ready pod and what its /metrics would count."""

    name: str
    draining: bool = False
    in_flight: int = 0
    served: int = 0
    latency_sum: float = 0.0
    """Seconds, end to end."""
    busy_seconds: float = 0.0
    """Slot-seconds of the requests that were served."""
    bucket_counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    """Requests by latency bucket, not cumulative; the last has no upper bound."""


@dataclass(slots=True)
class Progress:
    """What happened during one advance."""

    latencies: list[float] = field(default_factory=list)
    """Seconds, end to end, of the requests that were answered."""
    failed: int = 0
    """Requests whose client gave up."""


class SyntheticService:
    """The model; advances through time in steps of any length, with the same result."""

    def __init__(self, profile: ServiceProfile, seed: int) -> None:
        self.profile = profile
        self.failed = 0
        self._random = Random(seed)  # noqa: S311 - a simulation's randomness, not a secret's
        # Mean and variation of a lognormal in terms of the underlying normal distribution.
        sigma_squared = math.log(1 + profile.squared_variation)
        self._sigma = math.sqrt(sigma_squared)
        self._mu = math.log(profile.mean_service_seconds) - sigma_squared / 2
        self._now = 0.0
        self._pods: dict[str, Pod] = {}
        self._free: deque[Pod] = deque()
        self._waiting: deque[float] = deque()
        self._running: list[tuple[float, int, float, float, Pod]] = []
        self._order = count()
        self._progress = Progress()

    @property
    def pods(self) -> Sequence[Pod]:
        """The pods that take requests."""
        return list(self._pods.values())

    @property
    def queue_depth(self) -> int:
        """Requests that wait."""
        return len(self._waiting)

    @property
    def in_flight(self) -> int:
        """Requests that are being served, by draining pods as well."""
        return len(self._running)

    def set_pods(self, names: Iterable[str]) -> None:
        """Let these pods, and no others, take requests from now on."""
        wanted = set(names)
        for name in self._pods.keys() - wanted:
            self._pods.pop(name).draining = True
        self._free = deque(pod for pod in self._free if not pod.draining)
        for name in sorted(wanted - self._pods.keys()):
            pod = self._pods[name] = Pod(name)
            self._free.extend([pod] * self.profile.slots_per_replica)
        self._start_waiting(self._now)

    def advance(self, to: float, arrivals: Iterable[float]) -> Progress:
        """Go on to a later moment.

        Args:
            to: Seconds on the model's clock, not before the moment that it has reached.
            arrivals: Moments of new requests up to `to`, in order.

        Returns:
            What happened since the last advance.
        """
        for arrival in arrivals:
            self._finish_until(arrival)
            self._waiting.append(arrival)
            self._start_waiting(arrival)
        self._finish_until(to)
        self._drop_impatient(to)
        self._now = to
        progress, self._progress = self._progress, Progress()
        return progress

    def _finish_until(self, moment: float) -> None:
        while self._running and self._running[0][0] <= moment:
            finish, _, start, arrival, pod = heapq.heappop(self._running)
            self._record(pod, start, arrival, finish)
            if not pod.draining:
                self._free.append(pod)
                self._start_waiting(finish)

    def _record(self, pod: Pod, start: float, arrival: float, finish: float) -> None:
        latency = finish - arrival
        pod.in_flight -= 1
        pod.served += 1
        pod.latency_sum += latency
        pod.busy_seconds += finish - start
        pod.bucket_counts[bisect_left(BUCKETS, latency)] += 1
        self._progress.latencies.append(latency)

    def _start_waiting(self, moment: float) -> None:
        self._drop_impatient(moment)
        while self._waiting and self._free:
            arrival, pod = self._waiting.popleft(), self._free.popleft()
            pod.in_flight += 1
            finish = moment + self._random.lognormvariate(self._mu, self._sigma)
            heapq.heappush(self._running, (finish, next(self._order), moment, arrival, pod))

    def _drop_impatient(self, moment: float) -> None:
        while self._waiting and moment - self._waiting[0] > self.profile.client_timeout_seconds:
            self._waiting.popleft()
            self.failed += 1
            self._progress.failed += 1
