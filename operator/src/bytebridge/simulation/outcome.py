"""What a run amounts to: service levels, cost and calm."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from bytebridge.simulation.engine import Run, Snapshot
from bytebridge.simulation.service_model import Workload

WORST_WINDOW_SECONDS = 600
MINUTE = 60
POINT_SECONDS = 10
"""Width of a point in the plots."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of one run."""

    scenario: str
    policy: str
    seed: int
    requests: int
    over_share: float
    """Share of requests over the objective's latency, failed ones included."""
    failed_share: float
    p50: float
    p95: float
    p99: float
    """Seconds; infinite when that many failed."""
    worst_over_share: float
    """Share over the objective in the worst ten minutes, by time of arrival."""
    replica_hours: float
    actions: int
    """Changes of the desired replicas."""
    reversals: int
    """Changes against the direction of the one before."""
    lost_amid_outage: int
    """Replicas taken away while metrics were at fault."""
    highest: int
    """Most desired replicas."""


@dataclass(frozen=True, slots=True)
class Course:
    """One run in points of `POINT_SECONDS` for plots."""

    scenario: str
    policy: str
    load: tuple[float, ...]
    """Requests a second."""
    p95: tuple[float | None, ...]
    """Seconds, by time of arrival; `None` without requests, or when that many failed."""
    snapshots: tuple[Snapshot, ...]


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which a share of the ordered values lies; 0 of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def worst_share(over_by_minute: Sequence[int], requests_by_minute: Sequence[int]) -> float:
    """Largest share over the objective in any ten minutes that begin on a minute."""
    width = WORST_WINDOW_SECONDS // MINUTE
    starts = range(max(1, len(over_by_minute) - width + 1))
    return max(
        sum(over_by_minute[i : i + width]) / max(1, sum(requests_by_minute[i : i + width]))
        for i in starts
    )


def reversals(changes: Sequence[tuple[float, int, int]]) -> int:
    """How often the direction of the changes turned."""
    ups = [after > before for _, before, after in changes]
    return sum(a != b for a, b in pairwise(ups))


def _by_span(workload: Workload, values: Sequence[float], span: int) -> list[Sequence[float]]:
    edges = [bisect_left(workload.arrivals, t) for t in range(0, workload.seconds + span, span)]
    return [values[a:b] for a, b in pairwise(edges)]


def figures(
    scenario: str,
    policy: str,
    seed: int,
    workload: Workload,
    run: Run,
    limit: float,
    outage_spans: Sequence[tuple[float, float]],
) -> Outcome:
    """Sum up a run.

    Args:
        scenario: Name.
        policy: Name.
        seed: Of the workload.
        workload: What came.
        run: What came of it.
        limit: The objective's latency, seconds.
        outage_spans: Begin and end of the outages of the metrics.
    """
    ordered = sorted(run.latencies)
    total = max(1, len(ordered))
    failed = len(ordered) - bisect_left(ordered, inf)
    minutes = _by_span(workload, run.latencies, MINUTE)
    lost = sum(
        before - after
        for time, before, after in run.changes
        for start, end in outage_spans
        if after < before and start <= time < end
    )
    return Outcome(
        scenario=scenario,
        policy=policy,
        seed=seed,
        requests=len(ordered),
        over_share=sum(x > limit for x in ordered) / total,
        failed_share=failed / total,
        p50=quantile(ordered, 0.50),
        p95=quantile(ordered, 0.95),
        p99=quantile(ordered, 0.99),
        worst_over_share=worst_share(
            [sum(x > limit for x in minute) for minute in minutes],
            [len(minute) for minute in minutes],
        ),
        replica_hours=run.replica_seconds / 3600,
        actions=len(run.changes),
        reversals=reversals(run.changes),
        lost_amid_outage=lost,
        highest=max((point.desired for point in run.snapshots), default=0),
    )


def course(scenario: str, policy: str, workload: Workload, run: Run) -> Course:
    """Thin a run out to what a plot shows."""
    spans = _by_span(workload, run.latencies, POINT_SECONDS)
    tails = [quantile(sorted(span), 0.95) for span in spans]
    return Course(
        scenario,
        policy,
        load=tuple(len(span) / POINT_SECONDS for span in spans),
        p95=tuple(
            tail if span and tail < inf else None for span, tail in zip(spans, tails, strict=True)
        ),
        snapshots=tuple(run.snapshots),
    )
