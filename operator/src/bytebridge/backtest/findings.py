"""What a replay amounts to: what stood beside what the operator would have had."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bytebridge.backtest.replay import Tick

SECONDS_PER_HOUR = 3600.0
FULL = 0.95
"""Share of the slots busy beyond which requests wait in earnest."""


@dataclass(frozen=True, slots=True)
class Side:
    """The replicas of one side over the whole time."""

    replica_hours: float
    mean: float
    most: int
    changes: int
    reversals: int
    """Changes against the direction of the one before."""
    short_share: float
    """Share of the requests that came while those that were Ready were all but wholly busy."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Both sides over the ticks in which both are known."""

    stood: Side
    own: Side
    hours: float
    """How long both are known."""
    unknown_share: float
    """Share of the ticks in which the arrivals were unknown."""
    over_share: float | None
    """Share of the requests that came while the recorded percentile was over the objective."""


def findings(ticks: Sequence[Tick], step: float, objective_seconds: float | None) -> Findings:
    """Sum up a replay.

    Args:
        ticks: Of the replay.
        step: Seconds between two of them.
        objective_seconds: Latency objective; `None` when there is none.
    """
    known = [tick for tick in ticks if tick.stood is not None]
    hours = len(known) * step / SECONDS_PER_HOUR
    return Findings(
        stood=_side(known, [t.stood.desired for t in known if t.stood],
                    [t.stood.ready for t in known if t.stood], hours),
        own=_side(known, [t.desired for t in known], [t.ready for t in known], hours),
        hours=hours,
        unknown_share=sum(t.arrivals is None for t in ticks) / max(1, len(ticks)),
        over_share=_over_share(known, objective_seconds),
    )  # fmt: skip


def _side(
    ticks: Sequence[Tick], desired: Sequence[int], ready: Sequence[int], hours: float
) -> Side:
    steps = [after - before for before, after in pairwise(desired) if after != before]
    mean = sum(desired) / max(1, len(desired))
    short = (tick.load > FULL * there for tick, there in zip(ticks, ready, strict=True))
    return Side(
        replica_hours=mean * hours,
        mean=mean,
        most=max(desired, default=0),
        changes=len(steps),
        reversals=sum((a > 0) != (b > 0) for a, b in pairwise(steps)),
        short_share=_share(ticks, short),
    )


def _over_share(ticks: Sequence[Tick], objective: float | None) -> float | None:
    measured = [tick for tick in ticks if tick.p95 is not None]
    if objective is None or not measured:
        return None
    return _share(measured, (tick.p95 is not None and tick.p95 > objective for tick in measured))


def _share(ticks: Sequence[Tick], counted: Iterable[bool]) -> float:
    """Of all requests, those that came in the ticks that count."""
    total = sum(tick.arrivals or 0.0 for tick in ticks)
    part = sum(t.arrivals or 0.0 for t, counts in zip(ticks, counted, strict=True) if counts)
    return part / total if total else 0.0
