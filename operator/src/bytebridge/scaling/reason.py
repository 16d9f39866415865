"""The rules that can bind a decision, by name."""

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
