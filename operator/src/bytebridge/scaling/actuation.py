"""How a decision becomes replicas, beside an HPA that must never be fought.

The HPA is given the decision as its `minReplicas`. It acts every 15 s only, so on the way up
`/scale` is written as well. On the way down the HPA lowers by itself as long as it has its CPU
metric, and what it holds above the floor is left to it; without the metric it never lowers, so the
operator does.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class TargetState:
    """What the API server says of the target and its HPA."""

    spec_replicas: int
    hpa_min_replicas: int | None
    """`None`: there is no HPA yet."""
    hpa_has_metric: bool
    """The HPA's ScalingActive condition is True: it lowers replicas by itself."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is remembered between two actuations."""

    scale: int | None = None
    """The replicas that the operator last decided; a higher figure was set by somebody else."""
    foreign_since: float | None = None
    """Since when somebody else's higher figure stands."""


@dataclass(frozen=True, slots=True)
class Actuation:
    """What to write; both `None`: nothing."""

    hpa_min_replicas: int | None = None
    scale_to: int | None = None
    note: str | None = None
    """Why replicas are not what was decided, if they are not."""


def plan_actuation(
    decided: int, target: TargetState, written: Written, time: float, hold_seconds: float
) -> tuple[Actuation, Written]:
    """Decide what to write for a service that is neither paused nor on a dry run.

    Args:
        decided: Replicas of the decision.
        target: Present state.
        written: Memory of this function, from its last call.
        time: Now, seconds.
        hold_seconds: Replicas that a person set by hand above the floor stand this long.
    """
    floor = max(1, decided)
    hpa_min = floor if target.hpa_min_replicas != floor else None
    present = target.spec_replicas
    if decided > present or (decided == 0 and present > 0):
        return Actuation(hpa_min, decided), Written(decided)
    if decided == present:
        # A decision that keeps what a person set, because something is unknown, does not own it.
        since = _raised_by_others_since(written, present, time)
        kept = Written(decided) if since is None else replace(written, foreign_since=since)
        return Actuation(hpa_min), kept
    if target.hpa_has_metric:
        note = f"the HPA holds {present} above the floor of {decided} for its CPU metric"
        return Actuation(hpa_min, None, note), replace(written, foreign_since=None)
    return _lower(Actuation(hpa_min), decided, present, written, time, hold_seconds)


def _raised_by_others_since(written: Written, present: int, time: float) -> float | None:
    """Since when replicas stand above what the operator decided last; `None`: they do not."""
    if written.scale is None or present <= written.scale:
        return None
    return time if written.foreign_since is None else written.foreign_since


def _lower(
    actuation: Actuation,
    decided: int,
    present: int,
    written: Written,
    time: float,
    hold_seconds: float,
) -> tuple[Actuation, Written]:
    """Lower what the operator set itself at once, and what a person set after the hold."""
    since = _raised_by_others_since(written, present, time)
    if since is None or time - since >= hold_seconds:
        return replace(actuation, scale_to=decided), Written(decided)
    note = f"{present} replicas were set by hand; kept for {hold_seconds:.0f} s"
    return replace(actuation, note=note), replace(written, foreign_since=since)
