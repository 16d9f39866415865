"""What was decided, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """The rule that bound. These words stand in status, Events and metrics: never rename one."""

    STEADY = "Steady"
    UTILIZATION = "Utilization"
    LATENCY_OBJECTIVE = "LatencyObjective"
    SURGE_DETECTED = "SurgeDetected"
    BURSTINESS = "Burstiness"
    BACKLOG = "Backlog"
    FORECAST = "Forecast"
    BOTTLENECK_ELSEWHERE = "BottleneckElsewhere"
    MIN_REPLICAS = "MinReplicas"
    MAX_REPLICAS = "MaxReplicas"
    SCALE_DOWN_HOLD = "ScaleDownHold"
    SCALE_DOWN = "ScaleDown"
    SIGNALS_UNKNOWN = "SignalsUnknown"
    FALLBACK = "Fallback"
    SCALED_TO_ZERO = "ScaledToZero"
    WAKE_UP = "WakeUp"
    SCHEDULED = "Scheduled"
    MANUAL_FLOOR = "ManualFloor"
    HEADROOM = "Headroom"
    STANDBY = "Standby"
    TIME_TO_FIRST_TOKEN = "TimeToFirstToken"  # noqa: S105 - of an answer, not of a login
    KV_CACHE = "KvCache"
    TOKEN_RATE = "TokenRate"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Decision:
    """A number of replicas with its explanation."""

    time: float
    replicas: int
    """Replicas that the service needs: the floor that the HPA is given."""
    reason: Reason
    message: str
    """One or two sentences: what was seen, which rule bound, what is held."""
    floors: Mapping[str, int] = field(default_factory=dict)
    """What each rule asked for: utilization, latency, burst, drain, forecast, ..."""
    held: str | None = None
    """What keeps the replicas above the floors, or `None`."""
    most: int | None = None
    """Replicas beyond which more do not help, whoever adds them; `None`: nothing says so."""
    signals: Mapping[str, float | None] = field(default_factory=dict)
    """What the rules worked with, derived figures included (units in the names)."""
