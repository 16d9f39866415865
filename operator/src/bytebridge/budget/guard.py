"""When the database is the bottleneck, and which reader lags: what its exporters tell, over time.

More pods do not help clients that wait for a connection; they add to the queue. So while clients
wait, or the server has no connection left, no pods are added to those there are. Nothing is ever
taken away for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

PRESSED_SECONDS: Final = 30.0
"""Clients that wait so long are no burst: a scrape or two would show those as well."""
EASED_SECONDS: Final = 60.0
"""Without waiting clients for so long, replicas may be added again."""
FORGOTTEN_SECONDS: Final = 120.0
"""What was measured so long ago holds nothing back: an exporter that died must not, for ever, nor
may it take the HPA's CPU metric away, which is there for the time without Prometheus."""
FULL: Final = 0.95
"""Share of the usable connections from which the server counts as full."""
LAG_HOLD_SECONDS: Final = 60.0
"""A reader lags, or has caught up, for so long before anything is done about it."""
CAUGHT_UP: Final = 0.5
"""Share of the permitted lag below which a reader is taken back."""


@dataclass(frozen=True, slots=True)
class DatabaseSignals:
    """What was measured; `None` is unknown."""

    used: float | None = None
    """Connections of the server."""
    waiting: float | None = None
    """Clients that wait for a connection."""
    lag_seconds: Mapping[str, float] = field(default_factory=dict)
    """By reader's host."""


@dataclass(slots=True)
class GuardMemory:
    """Memory of one service's database."""

    pressed_since: float | None = None
    eased_since: float | None = None
    unknown_since: float | None = None
    bound: int | None = None
    """Replicas that are not exceeded for now."""
    evidence: str = ""
    left_out: str | None = None
    """Host of the reader that is not used."""
    changing_since: dict[str, float] = field(default_factory=dict)
    """Readers that are on their way out or back, and since when."""


def watch_pressure(
    memory: GuardMemory, time: float, signals: DatabaseSignals, usable: int | None, replicas: int
) -> None:
    """Bound the replicas while the database is the bottleneck.

    Args:
        memory: Of this database; updated.
        time: Seconds.
        signals: Of now. If nothing is known, what was known holds for a while.
        usable: Connections that may be used; `None`: unknown.
        replicas: That run now.
    """
    words = _pressure(signals, usable)
    if words is None:
        _wait_for_knowledge(memory, time)
        return
    memory.unknown_since = None
    if words:
        memory.eased_since = None
        memory.pressed_since = time if memory.pressed_since is None else memory.pressed_since
        if memory.bound is not None or time - memory.pressed_since >= PRESSED_SECONDS:
            memory.bound = replicas if memory.bound is None else max(memory.bound, replicas)
            memory.evidence = words
        return
    memory.pressed_since = None
    memory.eased_since = time if memory.eased_since is None else memory.eased_since
    if time - memory.eased_since >= EASED_SECONDS:
        memory.bound, memory.evidence = None, ""


def watch_lag(
    memory: GuardMemory, time: float, signals: DatabaseSignals, permitted_seconds: float
) -> str | None:
    """Leave out the reader that is behind, or take it back, after a hold.

    One at a time: the readers are budgeted for the loss of one.

    Returns:
        What has changed, in words; `None`: nothing.
    """
    out = memory.left_out
    if out is not None:
        lag = signals.lag_seconds.get(out)
        back = lag is not None and lag < CAUGHT_UP * permitted_seconds
        if not _held(memory, out, time, wanted=back):
            return None
        memory.left_out = None
        return f"reader {out} has caught up and is used again"
    for host, lag in sorted(signals.lag_seconds.items(), key=lambda item: -item[1]):
        if _held(memory, host, time, wanted=lag > permitted_seconds):
            memory.left_out = host
            memory.changing_since.clear()
            return f"reader {host} is {lag:.0f} s behind and is left out until it has caught up"
    return None


def _pressure(signals: DatabaseSignals, usable: int | None) -> str | None:
    """The evidence; empty: there is no pressure; `None`: nobody knows."""
    if signals.waiting:
        return f"{signals.waiting:.0f} clients wait for a connection"
    known_full = signals.used is not None and usable is not None
    if known_full and signals.used is not None and usable is not None:
        if signals.used >= FULL * usable:
            return f"{signals.used:.0f} of {usable} usable connections are taken"
        return ""
    return "" if signals.waiting is not None else None


def _wait_for_knowledge(memory: GuardMemory, time: float) -> None:
    memory.unknown_since = time if memory.unknown_since is None else memory.unknown_since
    if time - memory.unknown_since >= FORGOTTEN_SECONDS:
        memory.pressed_since = memory.bound = None
        memory.evidence = ""


def _held(memory: GuardMemory, host: str, time: float, *, wanted: bool) -> bool:
    """Whether something has been wanted for the whole hold."""
    if not wanted:
        memory.changing_since.pop(host, None)
        return False
    since = memory.changing_since.setdefault(host, time)
    if time - since < LAG_HOLD_SECONDS:
        return False
    del memory.changing_since[host]
    return True
