"""What a decision needs to know of the spec, compiled once a generation."""

from dataclasses import dataclass

from bytebridge.api.service import ScalableService


@dataclass(frozen=True, slots=True)
class Policy:
    """The scaling part of a spec in the units that the rules compute in."""

    min_replicas: int
    max_replicas: int
    latency_seconds: float | None
    """Objective; `None` when only a queue objective is set."""
    percentile: float
    """0 to 1."""
    depth_per_replica: float | None
    drain_seconds: float | None
    concurrency_per_replica: float | None
    """`None`: learned."""
    target_utilization: float
    """0 to 1."""
    hold_seconds: float
    max_step_up: float | None
    """Share of the present replicas."""
    max_step_down: float
    """Share of the present replicas."""
    startup_seconds: float
    """Assumed until measured."""
    fallback_after_seconds: float
    fallback_replicas: int | None
    tick_seconds: float


DEFAULT_STARTUP_SECONDS = 30.0


def compile_policy(service: ScalableService, tick_seconds: float) -> Policy:
    """Take from a service what decisions need.

    Args:
        service: A valid service.
        tick_seconds: Time between two decisions.
    """
    scaling = service.spec.scaling
    objective, queue = scaling.objective, scaling.queue
    return Policy(
        min_replicas=scaling.min_replicas,
        max_replicas=scaling.max_replicas,
        latency_seconds=objective.latency_milliseconds / 1000 if objective else None,
        percentile=objective.percentile / 100 if objective else 0.95,
        depth_per_replica=queue.depth_per_replica if queue else None,
        drain_seconds=queue.drain_seconds if queue else None,
        concurrency_per_replica=scaling.concurrency_per_replica,
        target_utilization=scaling.target_utilization_percent / 100,
        hold_seconds=scaling.scale_down.hold_seconds,
        max_step_up=(
            scaling.scale_up.max_step_percent / 100 if scaling.scale_up.max_step_percent else None
        ),
        max_step_down=scaling.scale_down.max_step_percent / 100,
        startup_seconds=scaling.startup_seconds or DEFAULT_STARTUP_SECONDS,
        fallback_after_seconds=scaling.fallback_after_seconds,
        fallback_replicas=scaling.fallback_replicas,
        tick_seconds=tick_seconds,
    )
