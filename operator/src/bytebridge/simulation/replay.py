"""A scenario from a user's service and a recorded load."""

from bisect import bisect_left
from itertools import pairwise
from pathlib import Path
from random import Random

from bytebridge.api.service import ScalableService
from bytebridge.scaling.policy import DEFAULT_STARTUP_SECONDS
from bytebridge.simulation.scenarios import DEFAULT_MODEL, INITIAL_UTILIZATION, Scenario
from bytebridge.simulation.service_model import ServiceModel
from bytebridge.simulation.trace import read_trace, scaled, smoothed_rates

SIZE = 75
"""Replicas, 70 % busy."""
PEAK_SECONDS = 15
"""Load of this long is what replicas are counted for: the bursts of a minute hide in its mean."""
DEFAULT_SLOTS = 2
"""Slots of a replica when the service leaves `concurrencyPerReplica` to be learned."""


def scenario_of_trace(
    service: ScalableService,
    trace: Path,
    scale: float,
    service_seconds: float,
    variability: float,
    draw: int = 0,
) -> Scenario:
    """Put a service under a trace.

    Args:
        service: Its bounds, objective, concurrency and start-up time are taken.
        trace: CSV file of arrivals.
        scale: Requests for each recorded one.
        service_seconds: Mean service time.
        variability: Squared coefficient of variation of the service time.
        draw: Which of many draws of the requests that are added by the scale.

    Raises:
        TraceError: The trace cannot be read.
        ValueError: No request is left at this scale.
    """
    scaling = service.spec.scaling
    arrivals = scaled(read_trace(trace), scale, Random(f"trace-{scale}-{draw}"))
    if not arrivals:
        raise ValueError(f"scale {scale}: no request of {trace} is left; choose a larger scale")
    return Scenario(
        name=trace.stem,
        summary=f"{service.metadata.name} under {trace.name} x {scale:g}",
        rates=smoothed_rates(arrivals),
        model=ServiceModel(
            service_seconds=service_seconds,
            variability=variability,
            slots=max(1, round(scaling.concurrency_per_replica or DEFAULT_SLOTS)),
            startup_seconds=float(scaling.startup_seconds or DEFAULT_STARTUP_SECONDS),
        ),
        recorded=tuple(arrivals),
        min_replicas=scaling.min_replicas,
        max_replicas=scaling.max_replicas,
        objective_milliseconds=round(1000 * (scaling.latency_seconds or 0.2)),
        scrape_seconds=float(service.spec.metrics.scrape_interval_seconds),
        service=service,
    )


def scenario_at_size(trace: Path) -> Scenario:
    """Put the default service under a trace, scaled so that its highest load needs `SIZE`.

    Raises:
        TraceError: The trace cannot be read.
    """
    recorded = read_trace(trace)
    starts = range(0, int(recorded[-1]) + 1, PEAK_SECONDS)
    edges = [bisect_left(recorded, start) for start in (*starts, starts[-1] + PEAK_SECONDS)]
    busiest = max(after - before for before, after in pairwise(edges)) / PEAK_SECONDS
    capacity = SIZE * DEFAULT_MODEL.slots * INITIAL_UTILIZATION / DEFAULT_MODEL.service_seconds
    scale = capacity / busiest
    arrivals = scaled(recorded, scale, Random(f"trace-{trace.stem}"))
    return Scenario(
        name=f"trace-{trace.stem}",
        summary=f"{trace.name} x {scale:.0f}",
        rates=smoothed_rates(arrivals),
        recorded=tuple(arrivals),
    )
