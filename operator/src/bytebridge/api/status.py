"""`status`: what was seen, what was decided and why."""

from enum import StrEnum
from typing import Literal

from bytebridge.api.base import Model


class ConditionType(StrEnum):
    """kstatus-style conditions of a ScalableService."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    SCALING_ACTIVE = "ScalingActive"
    METRICS_AVAILABLE = "MetricsAvailable"
    DATABASE_BUDGET = "DatabaseBudget"
    DATABASE_BOUND = "DatabaseBound"
    REFERENCES_FOUND = "ReferencesFound"
    MANUAL_FLOOR = "ManualFloor"
    EXPOSED = "Exposed"
    GRACEFUL_TERMINATION = "GracefulTermination"


class Condition(Model):
    """A metav1.Condition."""

    type: ConditionType
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    last_transition_time: str
    observed_generation: int


class EndpointStatus(Model):
    """What a grant takes of one server port."""

    host: str
    port: int
    connections: int
    """That are booked, while another of several readers has failed."""
    usable_connections: int
    """That all services may share."""


class GrantStatus(Model):
    """Connections that the service holds of a database; kept, so that they are stable."""

    pool_size: int
    """Connections of one pool."""
    max_replicas: int
    """Replicas that this suffices for."""
    connections: int
    """At the worst moment: all replicas, a rollout's surge and terminating pods."""
    releasing_pool_size: int = 0
    """Pool size that pods of the last rollout may still have; 0: none."""
    releasing_max_replicas: int = 0
    releasing_connections: int = 0
    endpoints: list[EndpointStatus] = []
    """Where; they stay booked if the spec is not understood any more."""


class DatabaseStatus(Model):
    """What the service holds, by role."""

    mark: str = ""
    """What it was granted for: a digest of the spec."""
    writer: GrantStatus | None = None
    readers: GrantStatus | None = None
    mongodb: GrantStatus | None = None


class CacheStatus(Model):
    """How the cache does, as its exporter tells."""

    hit_ratio: float | None = None
    """0 to 1, over a minute."""
    evictions_per_second: float | None = None


class ExposureStatus(Model):
    """How the service is reached from outside."""

    address: str | None = None
    """Of the Ingress' load balancer; a Gateway's own status has that of an HTTPRoute."""


class LearnedStatus(Model):
    """What was measured of one pod template; another operator that takes over goes on with it."""

    template_hash: str
    slots_per_replica: float | None = None
    """Requests that one replica serves at once; only where `concurrencyPerReplica` is not set."""
    startup_seconds: float | None = None
    """From being asked for to Ready, 90th percentile."""
    sustained_utilization: float | None = None
    """Share of the slots that may be busy with latencies in time; only where a limit was seen."""
    idle_service_seconds: float | None = None
    """Service time of a replica with nothing else to do; only where load makes requests slower."""
    slowdown_per_request: float | None = None
    """Share of its speed that a replica loses by each request a second; only there."""


class DecisionStatus(Model):
    """The last decision, in words a person understands."""

    time: str
    replicas: int
    reason: str
    message: str
    floors: dict[str, int] = {}
    held: str | None = None


class ScalableServiceStatus(Model):
    """What the operator reports."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    desired_replicas: int = 0
    selector: str = ""
    conditions: list[Condition] = []
    last_decision: DecisionStatus | None = None
    learned: LearnedStatus | None = None
    database: DatabaseStatus | None = None
    cache: CacheStatus | None = None
    exposure: ExposureStatus | None = None
