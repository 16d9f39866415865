"""How a decision becomes replicas, beside an HPA that must never be fought."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TargetState:
    """What the API server says of the target and its HPA."""

    spec_replicas: int
    hpa_min_replicas: int | None
    """`None`: there is no HPA yet."""
    hpa_has_metric: bool
    """The HPA's ScalingActive condition is True: it lowers replicas by itself."""


@dataclass(frozen=True, slots=True)
class Actuation:
    """What to write; both `None`: nothing."""

    hpa_min_replicas: int | None = None
    scale_to: int | None = None
    note: str | None = None
    """Why replicas are not what was decided, if they are not."""
