"""The figures of a run that one compares. Pure."""

from dataclasses import dataclass
from itertools import pairwise

from bytebridge.demo.record import Record, Sample

_SETTLED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Figures:
    """How well a run went; times are seconds after the load stepped up, `None`: never."""

    within_objective: float
    """Share of all requests, 0 to 1; failed ones are not within it."""
    p95_seconds: float
    failed: int
    requests: int
    replica_hours: float
    longest_queue: int
    connections: str
    """Most connections of the database, of how many, and how many were refused."""
    first_change: float | None
    """Until `spec.replicas` was first raised."""
    enough_desired: float | None
    """Until `spec.replicas` was enough for the surge."""
    enough_ready: float | None
    recovered: float | None
    """Until p95 was within the objective for five seconds on end."""


def figures(record: Record) -> Figures:
    """Work out a run's figures."""
    surge = [
        sample for sample in record.samples if record.surge_at <= sample.time < record.surge_ends
    ]
    return Figures(
        within_objective=record.within_objective / max(1, record.requests),
        p95_seconds=record.p95_seconds,
        failed=record.failed,
        requests=record.requests,
        replica_hours=_replica_hours(record.samples),
        longest_queue=max((sample.queue_depth for sample in record.samples), default=0),
        connections=_connections(record),
        first_change=_first_raise(record),
        enough_desired=_first_scaling_to(record, record.enough_replicas),
        enough_ready=_since_surge(
            record,
            next((s for s in surge if s.replicas_ready >= record.enough_replicas), None),
        ),
        recovered=_since_surge(record, _recovery(surge, record.objective_seconds)),
    )


def _connections(record: Record) -> str:
    if record.max_connections is None:
        return "-"
    most = max((sample.database_connections or 0 for sample in record.samples), default=0)
    return f"{most} of {record.max_connections}, {record.connections_refused} refused"


def _replica_hours(samples: list[Sample]) -> float:
    seconds = sum(
        (later.time - earlier.time) * earlier.replicas_running
        for earlier, later in pairwise(samples)
    )
    return seconds / 3600


def _first_raise(record: Record) -> float | None:
    replicas = 0
    for scaling in record.scalings:
        if scaling.time < record.surge_at:
            replicas = scaling.replicas
        elif scaling.replicas > replicas:
            return scaling.time - record.surge_at
    return None


def _first_scaling_to(record: Record, replicas: int) -> float | None:
    for scaling in record.scalings:
        if record.surge_at <= scaling.time < record.surge_ends and scaling.replicas >= replicas:
            return scaling.time - record.surge_at
    return None


def _recovery(surge: list[Sample], objective_seconds: float) -> Sample | None:
    """First sample of the first five good seconds after the first bad one."""
    good: list[Sample] = []
    seen_bad = False
    for sample in surge:
        if sample.p95_seconds is None or sample.p95_seconds > objective_seconds:
            seen_bad, good = True, []
            continue
        good.append(sample)
        if seen_bad and sample.time - good[0].time >= _SETTLED_SECONDS:
            return good[0]
    return surge[0] if surge and not seen_bad else None


def _since_surge(record: Record, sample: Sample | None) -> float | None:
    return None if sample is None else max(0.0, sample.time - record.surge_at)
