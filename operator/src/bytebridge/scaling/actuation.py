"""How a decision becomes replicas, beside an HPA that must never be fought.

The HPA is given the decision as its `minReplicas`. It acts every 15 s only, so on the way up
`/scale` is written as well. On the way down the operator lowers what it has raised itself: pods
that worked off a backlog are wholly busy in the HPA's eyes for a minute after it is gone. What the
HPA has raised for its CPU metric is left to it; without the metric it never lowers, so the operator
does.
"""

from dataclasses import dataclass, replace

CONTESTED_SECONDS = 300.0
"""After the HPA has wanted more than was decided, it is the one that lowers: replicas are not taken
away again and again that it brings back. Its own default for how long a recommendation counts."""


STALE_SECONDS = 45.0
"""What the HPA knows of CPU may be of so long ago: metrics-server's resolution and its own period,
15 s each, and as much for the pods that were stopped."""
SMALL_STEP = 0.1
"""Share of the replicas, the HPA's tolerance; a step down by more shows in what remains."""


@dataclass(frozen=True, slots=True)
class TargetState:
    """What the API server says of the target and its HPA."""

    spec_replicas: int
    hpa_has_metric: bool
    """The HPA's ScalingActive condition is True: it raises and lowers replicas by itself."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is remembered between two actuations."""

    scale: int | None = None
    """The replicas that the operator last decided; a higher figure was set by somebody else."""
    foreign_since: float | None = None
    """Since when somebody else's higher figure stands."""
    contested_at: float | None = None
    """When somebody else's higher figure was last seen."""
    lowered_at: float | None = None
    """When the operator last took more than a tenth of the replicas away."""


@dataclass(frozen=True, slots=True)
class Actuation:
    """What to write beside the HPA's floor, which is what is decided."""

    scale_to: int | None = None
    """`None`: replicas are left as they are."""
    hpa_ceiling: int | None = None
    """Fewer than `maxReplicas`, while the HPA's metric is of pods that were busier."""
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
    floor, present = max(1, decided), target.spec_replicas
    seen = _with_others(written, present, time)
    stale = _within(STALE_SECONDS, seen.lowered_at, time)
    actuation = Actuation(hpa_ceiling=floor if stale else None)
    owned = Written(decided, contested_at=seen.contested_at, lowered_at=seen.lowered_at)
    if decided > present or (decided == 0 and present > 0):
        return replace(actuation, scale_to=decided), owned
    if decided == present:
        # A decision that keeps what a person set, because something is unknown, does not own it.
        return actuation, owned if seen.foreign_since is None else seen
    if target.hpa_has_metric and (
        written.scale is None or _within(CONTESTED_SECONDS, seen.contested_at, time)
    ):
        note = f"the HPA holds {present} above the floor of {decided} for its CPU metric"
        return replace(actuation, note=note), owned
    if seen.foreign_since is not None and time - seen.foreign_since < hold_seconds:
        note = f"{present} replicas were set by hand; kept for {hold_seconds:.0f} s"
        return replace(actuation, note=note), seen
    if present - decided > max(1.0, SMALL_STEP * present):
        actuation, owned = replace(actuation, hpa_ceiling=floor), replace(owned, lowered_at=time)
    return replace(actuation, scale_to=decided), owned


def lowest_of(*ceilings: int | None) -> int | None:
    """The one that binds; `None`: none does."""
    return min((ceiling for ceiling in ceilings if ceiling is not None), default=None)


def _with_others(written: Written, present: int, time: float) -> Written:
    """What is remembered, with what others have raised since the operator decided last."""
    if written.scale is None or present <= written.scale:
        return replace(written, foreign_since=None)
    since = time if written.foreign_since is None else written.foreign_since
    return replace(written, foreign_since=since, contested_at=time)


def _within(seconds: float, since: float | None, time: float) -> bool:
    return since is not None and time - since < seconds
