"""`spec.scaling`: bounds, objective and holds."""

from typing import Annotated

from pydantic import Field

from bytebridge.api.base import Model, rules

Replicas = Annotated[int, Field(ge=0, le=10_000)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]


class Objective(Model):
    """A latency objective: this percentile of requests answers within this time."""

    percentile: Annotated[int, Field(ge=50, le=99)] = 95
    latency_milliseconds: Annotated[int, Field(ge=1, le=3_600_000)]


class QueueObjective(Model):
    """A backlog objective for workers; exactly one of the two is set."""

    model_config = rules(
        (
            "has(self.depthPerReplica) != has(self.drainSeconds)",
            "spec.scaling.queue: set exactly one of depthPerReplica and drainSeconds",
        )
    )

    depth_per_replica: Annotated[int | None, Field(ge=1)] = None
    """Waiting messages that one replica may have."""
    drain_seconds: Annotated[int | None, Field(ge=1)] = None
    """A backlog is worked off within this time."""


class Cpu(Model):
    """What the HPA watches by itself, also while the operator or Prometheus is gone."""

    target_utilization_percent: Annotated[int, Field(ge=1, le=100)] = 80


class ScaleUp(Model):
    """Rails on the way up."""

    max_step_percent: Annotated[int | None, Field(ge=10)] = None
    """Most that one decision may add, in percent of the present replicas; unset: no limit."""


class ScaleDown(Model):
    """Rails on the way down."""

    hold_seconds: Seconds = 60
    """Replicas go down to the largest need seen within this time."""
    max_step_percent: Annotated[int, Field(ge=1, le=100)] = 50
    """Most that one decision may take away, in percent of the present replicas."""


class Scaling(Model):
    """How many replicas may run and what they are to achieve."""

    model_config = rules(
        (
            "self.minReplicas <= self.maxReplicas",
            (
                "spec.scaling.minReplicas: must not be above maxReplicas; "
                "lower minReplicas or raise maxReplicas"
            ),
        ),
        (
            "has(self.objective) || has(self.queue)",
            (
                "spec.scaling: set objective (latencyMilliseconds), queue "
                "(depthPerReplica or drainSeconds), or both"
            ),
        ),
        (
            "!has(self.fallbackReplicas) || self.fallbackReplicas <= self.maxReplicas",
            "spec.scaling.fallbackReplicas: must not be above maxReplicas; lower it",
        ),
    )

    min_replicas: Replicas = 1
    max_replicas: Annotated[int, Field(ge=1, le=10_000)]
    objective: Objective | None = None
    queue: QueueObjective | None = None
    concurrency_per_replica: Annotated[float | None, Field(gt=0, le=10_000)] = None
    """Requests that one replica serves at once; learned when absent."""
    target_utilization_percent: Annotated[int, Field(ge=10, le=95)] = 90
    """Share of the slots that may be busy on average."""
    cpu: Cpu = Cpu()
    scale_up: ScaleUp = ScaleUp()
    scale_down: ScaleDown = ScaleDown()
    startup_seconds: Annotated[int | None, Field(ge=1, le=3_600)] = None
    """Expected time from a pod's creation to Ready, until it has been measured."""
    fallback_after_seconds: Annotated[int, Field(ge=15, le=86_400)] = 120
    """Signals unknown for longer than this are a reason for the fallback."""
    fallback_replicas: Replicas | None = None
    """Replicas to go up to then; never a reason to go down."""
    paused: bool = False
    """Leave the replicas to a person: nothing is scaled."""
    dry_run: bool = False
    """Decide and report, change nothing."""
