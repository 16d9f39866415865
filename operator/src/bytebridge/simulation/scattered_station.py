"""A line before each pod: a balancer draws the pod of each request and does not look at it.

That is what a Kubernetes Service does (kube-proxy's iptables mode). Requests wait at one pod while
others are idle, and those that wait already gain nothing from new pods.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapreplace
from random import Random

from bytebridge.simulation.request_record import RequestRecord


@dataclass(frozen=True, slots=True)
class _Visit:
    """A request that has arrived; `finish` is `start` where its client gives up by then."""

    start: float
    finish: float


class ScatteredStation(RequestRecord):
    """The same as `Station`, but that each request joins the line of one pod when it arrives.

    Its slot and its times are known then, as nobody overtakes. A pod that stops serves its line.
    """

    def __init__(
        self,
        arrivals: Sequence[float],
        service_times: Sequence[float],
        *,
        timeout: float,
        bin_seconds: float,
        bin_phase: float,
        pod_slots: int,
        random: Random,
    ) -> None:
        super().__init__(
            arrivals,
            service_times,
            timeout=timeout,
            bin_seconds=bin_seconds,
            bin_phase=bin_phase,
        )
        self._pod_slots = pod_slots
        self._random = random
        self._pods: list[list[float]] = []
        self._visits: list[_Visit] = []

    @property
    def slots(self) -> int:
        """Slots that take requests."""
        return len(self._pods) * self._pod_slots

    def add_slots(self, count: int, now: float) -> None:
        """Let so many more slots take requests from now on, in whole pods."""
        self._pods += [[now] * self._pod_slots for _ in range(count // self._pod_slots)]

    def remove_slots(self, count: int, _now: float, random: Random) -> None:
        """Let so many fewer slots take requests, in whole pods drawn at random."""
        for _ in range(count // self._pod_slots):
            self._pods.pop(random.randrange(len(self._pods)))

    def advance(self, until: float) -> None:
        """Send every request that arrives before `until` to a pod."""
        arrivals = self._arrivals
        for index in range(len(self.latencies), len(arrivals)):
            if arrivals[index] >= until or not self._pods:
                break
            self._send(index, arrivals[index], self._random.choice(self._pods))

    def _send(self, index: int, arrival: float, pod: list[float]) -> None:
        start = max(arrival, pod[0])
        if start - arrival >= self._timeout:
            self._visits.append(_Visit(arrival + self._timeout, arrival + self._timeout))
            self._lose_next()
            return
        finish = self._serve_next(arrival, start, self._service_times[index])
        heapreplace(pod, finish)
        self._visits.append(_Visit(start, finish))

    def waiting(self, now: float) -> int:
        """Requests that have arrived and not begun; `advance` must have reached `now`."""
        unsent = self.arrived(now) - len(self.latencies)
        return unsent + sum(visit.start > now for visit in self._present(now))

    def in_service(self, now: float) -> int:
        """Requests that are being served, by stopping pods as well."""
        return sum(visit.start <= now for visit in self._present(now))

    def busy_seconds(self, now: float) -> float:
        """Slot-seconds of service given so far."""
        ahead = sum(visit.finish - max(now, visit.start) for visit in self._present(now))
        return self._begun_seconds - ahead

    def _present(self, now: float) -> list[_Visit]:
        """Those that have not left; `now` must not go back."""
        self._visits = [visit for visit in self._visits if visit.finish > now]
        return self._visits
