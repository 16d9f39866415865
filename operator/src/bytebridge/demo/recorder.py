"""Collects a run's record while it goes on."""

import math
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field

from bytebridge.demo.fleet import Fleet
from bytebridge.demo.record import Explanation, Record, Sample, Scaling
from bytebridge.demo.synthetic import BUCKETS, Progress, SyntheticService

_P95_SPAN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Aim:
    """What a run is measured against."""

    policy: str
    surge_at: float
    surge_ends: float
    enough_replicas: int
    objective_seconds: float


@dataclass(slots=True)
class Recorder:
    """Memory of a run. Times are seconds since the load began."""

    aim: Aim
    samples: list[Sample] = field(default_factory=list)
    scalings: list[Scaling] = field(default_factory=list)
    explanations: list[Explanation] = field(default_factory=list)
    _latencies: list[float] = field(default_factory=list)
    _recent: deque[tuple[float, list[float]]] = field(default_factory=deque)
    _arrived: int = 0
    _failed: int = 0

    def step(self, time: float, arrived: int, progress: Progress) -> None:
        """Take in what the synthetic service did up to `time`."""
        self._arrived += arrived
        self._failed += progress.failed
        self._latencies += progress.latencies
        self._recent.append((time, progress.latencies))
        while self._recent and self._recent[0][0] <= time - _P95_SPAN_SECONDS:
            self._recent.popleft()

    def sample(
        self,
        time: float,
        service: SyntheticService,
        fleet: Fleet,
        connections: int | None = None,
    ) -> Sample:
        """Note the present second."""
        seconds = time - (self.samples[-1].time if self.samples else 0.0)
        recent = [latency for _, latencies in self._recent for latency in latencies]
        sample = Sample(
            time=time,
            requests_per_second=self._arrived / seconds if seconds > 0 else 0.0,
            queue_depth=service.queue_depth,
            p95_seconds=percentile(recent, 0.95) if recent else None,
            replicas_desired=fleet.replicas_desired,
            replicas_ready=len(fleet.ready),
            replicas_running=len(fleet.running),
            database_connections=connections,
        )
        self._arrived = 0
        self.samples.append(sample)
        return sample

    def see(self, time: float, fleet: Fleet) -> None:
        """Note what changed in the cluster."""
        if not self.scalings or self.scalings[-1].replicas != fleet.replicas_desired:
            self.scalings.append(Scaling(time=time, replicas=fleet.replicas_desired))
        decision = fleet.decision
        if decision is None:
            return
        last = self.explanations[-1] if self.explanations else None
        if last is None or (last.reason, last.message) != (decision.reason, decision.message):
            self.explanations.append(
                Explanation(time=time, reason=decision.reason, message=decision.message)
            )

    def record(self, wall_clock_seconds: float, client_timeout_seconds: float) -> Record:
        """The whole run."""
        aim = self.aim
        counts = [0] * (len(BUCKETS) + 1)
        for latency in self._latencies:
            counts[bisect_left(BUCKETS, latency)] += 1
        patience = [client_timeout_seconds] * self._failed
        everything = self._latencies + patience
        return Record(
            policy=aim.policy,
            surge_at=aim.surge_at,
            surge_ends=aim.surge_ends,
            enough_replicas=aim.enough_replicas,
            objective_seconds=aim.objective_seconds,
            samples=self.samples,
            scalings=self.scalings,
            explanations=self.explanations,
            latency_counts=counts,
            p95_seconds=percentile(everything, 0.95) if everything else 0.0,
            failed=self._failed,
            wall_clock_seconds=wall_clock_seconds,
        )


def percentile(values: list[float], share: float) -> float:
    """Smallest value that at least this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
