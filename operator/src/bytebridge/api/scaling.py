"""`spec.scaling`: bounds, objective and holds."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from bytebridge.api.base import Model, rules
from bytebridge.api.schedule import ScheduleWindow

Replicas = Annotated[int, Field(ge=0, le=10_000)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Period = Annotated[int, Field(ge=1, le=1_800)]

DEFAULT_HOLD_SECONDS = 60

_STEP_NEEDED = (
    "spec.scaling.scaleUp.periodSeconds: of maxStepPercent or maxStepReplicas; add one of them"
)
_OBJECTIVE_NEEDED = (
    "spec.scaling.objective: set latencyMilliseconds, timeToFirstTokenMilliseconds, or both"
)
_MINIMUM_TOO_HIGH = (
    "spec.scaling.minReplicas: must not be above maxReplicas; "
    "lower minReplicas or raise maxReplicas"
)
_NO_OBJECTIVE = (
    "spec.scaling: set objective (latencyMilliseconds), queue "
    "(depthPerReplica or drainSeconds), or both"
)
_FALLBACK_TOO_HIGH = "spec.scaling.fallbackReplicas: must not be above maxReplicas; lower it"
_SCHEDULE_TOO_HIGH = (
    "spec.scaling.schedule[].minReplicas: must not be above maxReplicas; "
    "lower it or raise maxReplicas"
)
_SCHEDULE_NAMES = "spec.scaling.schedule[].name: must differ from window to window; rename one"
_ONE_QUEUE_OBJECTIVE = "spec.scaling.queue: set exactly one of depthPerReplica and drainSeconds"


class Objective(Model):
    """A latency objective: this percentile of requests answers within this time."""

    model_config = rules(
        (
            "has(self.latencyMilliseconds) || has(self.timeToFirstTokenMilliseconds)",
            _OBJECTIVE_NEEDED,
        )
    )

    percentile: Annotated[int, Field(ge=50, le=99)] = 95
    latency_milliseconds: Annotated[int | None, Field(ge=1, le=3_600_000)] = None
    """End to end."""
    time_to_first_token_milliseconds: Annotated[int | None, Field(ge=1, le=3_600_000)] = None
    """Of a server that streams its answers, such as an LLM's."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """The CRD's rule, for files that no API server has seen."""
        if self.latency_milliseconds is None and self.time_to_first_token_milliseconds is None:
            raise ValueError(_OBJECTIVE_NEEDED)
        return self


class QueueObjective(Model):
    """A backlog objective for workers; exactly one of the two is set."""

    model_config = rules(
        (
            "has(self.depthPerReplica) != has(self.drainSeconds)",
            _ONE_QUEUE_OBJECTIVE,
        )
    )

    depth_per_replica: Annotated[int | None, Field(ge=1)] = None
    """Waiting messages that one replica may have."""
    drain_seconds: Annotated[int | None, Field(ge=1)] = None
    """A backlog is worked off within this time."""

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        """The CRD's rule, for files that no API server has seen."""
        if (self.depth_per_replica is None) == (self.drain_seconds is None):
            raise ValueError(_ONE_QUEUE_OBJECTIVE)
        return self


class KvCache(Model):
    """Floor of an LLM server: the cache of keys and values bounds how many requests run at once."""

    target_utilization_percent: Annotated[int, Field(ge=10, le=95)]
    """Share of the KV cache that may be in use, mean of the ready replicas."""


class Tokens(Model):
    """Floor of an LLM server: prompt and generated tokens together, at targetUtilizationPercent."""

    per_second_per_replica: Annotated[float | None, Field(gt=0, le=10_000_000)] = None
    """Tokens a second that one busy replica does; learned while requests wait when absent."""


class Cpu(Model):
    """What the HPA watches by itself, also while the operator or Prometheus is gone.

    It acts beyond a tenth more than this: above 93.5 %, while decisions keep 90 % of slots busy.
    """

    target_utilization_percent: Annotated[int, Field(ge=1, le=100)] = 85


class ScaleUp(Model):
    """Rails on the way up. Of two limits the lower holds, as with the HPA's selectPolicy Min."""

    model_config = rules(
        (
            "!has(self.periodSeconds) || has(self.maxStepPercent) || has(self.maxStepReplicas)",
            _STEP_NEEDED,
        )
    )

    max_step_percent: Annotated[int | None, Field(ge=10)] = None
    """Most that is added at once, in percent of the present replicas; unset: no limit."""
    max_step_replicas: Annotated[int | None, Field(ge=1, le=10_000)] = None
    """Most that is added at once, in replicas; unset: no limit."""
    period_seconds: Period | None = None
    """The limits then hold for all that is added within this time; unset: for one decision."""

    @model_validator(mode="after")
    def _period_of_a_limit(self) -> Self:
        """The CRD's rule, for files that no API server has seen."""
        unlimited = self.max_step_percent is None and self.max_step_replicas is None
        if self.period_seconds is not None and unlimited:
            raise ValueError(_STEP_NEEDED)
        return self


class ScaleDown(Model):
    """Rails on the way down. Of two limits the lower holds, as with the HPA's selectPolicy Min."""

    hold_seconds: Seconds | None = None
    """Replicas go down to the largest need seen within this time; unset: a minute, or as long as
    pods take to start where that is longer."""
    max_step_percent: Annotated[int, Field(ge=1, le=100)] = 50
    """Most that is taken away at once, in percent of the present replicas."""
    max_step_replicas: Annotated[int | None, Field(ge=1, le=10_000)] = None
    """Most that is taken away at once, in replicas; unset: maxStepPercent alone."""
    period_seconds: Period | None = None
    """The limits then hold for all that is taken away within this time; unset: for one decision."""
    standby_seconds: Seconds = 0
    """Warm standby: a part of the largest need of this time stays, for a surge that comes again."""
    standby_percent: Annotated[int, Field(ge=1, le=100)] = 50
    """That part."""

    @property
    def least_hold_seconds(self) -> int:
        """`holdSeconds`, or where it is unset the least that it may come to."""
        return DEFAULT_HOLD_SECONDS if self.hold_seconds is None else self.hold_seconds


class Scaling(Model):
    """How many replicas may run and what they are to achieve."""

    model_config = rules(
        (
            "self.minReplicas <= self.maxReplicas",
            _MINIMUM_TOO_HIGH,
        ),
        (
            "has(self.objective) || has(self.queue)",
            _NO_OBJECTIVE,
        ),
        (
            "!has(self.fallbackReplicas) || self.fallbackReplicas <= self.maxReplicas",
            _FALLBACK_TOO_HIGH,
        ),
        (
            "self.schedule.all(window, window.minReplicas <= self.maxReplicas)",
            _SCHEDULE_TOO_HIGH,
        ),
        (
            (
                "self.schedule.all(window, "
                "self.schedule.exists_one(other, other.name == window.name))"
            ),
            _SCHEDULE_NAMES,
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
    kv_cache: KvCache | None = None
    tokens: Tokens | None = None
    headroom_percent: Annotated[int, Field(ge=0, le=400)] = 0
    """Load beyond the present one, in percent of it, for which capacity stands ready."""
    schedule: Annotated[list[ScheduleWindow], Field(max_length=16)] = []
    """Floors for known events; the largest that is open holds."""
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

    @property
    def latency_seconds(self) -> float | None:
        """Latency objective, end to end."""
        milliseconds = self.objective and self.objective.latency_milliseconds
        return milliseconds / 1000 if milliseconds else None

    @model_validator(mode="after")
    def _bounds_and_names(self) -> Self:
        """The CRD's rules, for files that no API server has seen."""
        names = [window.name for window in self.schedule]
        refused = {
            _MINIMUM_TOO_HIGH: self.min_replicas > self.max_replicas,
            _NO_OBJECTIVE: self.objective is None and self.queue is None,
            _FALLBACK_TOO_HIGH: (self.fallback_replicas or 0) > self.max_replicas,
            _SCHEDULE_TOO_HIGH: any(
                window.min_replicas > self.max_replicas for window in self.schedule
            ),
            _SCHEDULE_NAMES: len(set(names)) < len(names),
        }
        for message, wrong in refused.items():
            if wrong:
                raise ValueError(message)
        return self
