"""Floors for events that are known beforehand: windows that a cron expression opens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bytebridge.api.schedule import ScheduleWindow

LAST_TIME = 2e11
"""Calendars end before year 10,000; a time after this one is no wall time."""


@dataclass(frozen=True, slots=True)
class Window:
    """One entry of `spec.scaling.schedule`."""

    name: str
    start: str
    """Cron expression of five fields."""
    duration_seconds: float
    time_zone: str
    """IANA name."""
    min_replicas: int


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """A window on a certain day, in unix seconds."""

    asked_at: float
    start: float
    end: float


@dataclass(slots=True)
class ScheduleMemory:
    """What is remembered between decisions: a calendar is asked once a window, not each tick."""

    occurrences: dict[Window, _Occurrence] = field(default_factory=dict)
    in_force: Window | None = None


def compile_window(window: ScheduleWindow) -> Window:
    """A valid entry in seconds."""
    return Window(
        window.name,
        window.start,
        window.duration_minutes * 60.0,
        window.time_zone,
        window.min_replicas,
    )


def window_in_force(
    windows: Sequence[Window], memory: ScheduleMemory, unix_time: float | None, lead_seconds: float
) -> Window | None:
    """The open window that asks for most; while the wall time is unknown, the one before.

    Args:
        windows: The schedule.
        memory: Of this service; updated.
        unix_time: Wall time, seconds since 1970; `None`: unknown.
        lead_seconds: A window opens this long before its start, as pods take time to start.
    """
    if unix_time is None or unix_time >= LAST_TIME:
        return memory.in_force if memory.in_force in windows else None
    known = {window: memory.occurrences.get(window) for window in windows}
    memory.occurrences = {
        window: occurrence
        if occurrence is not None and occurrence.asked_at <= unix_time < occurrence.end
        else _next_to_end(window, unix_time)
        for window, occurrence in known.items()
    }
    opened = [
        window
        for window, occurrence in memory.occurrences.items()
        if occurrence.start - lead_seconds <= unix_time
    ]
    memory.in_force = max(opened, key=lambda window: window.min_replicas, default=None)
    return memory.in_force


def _next_to_end(window: Window, unix_time: float) -> _Occurrence:
    """The first occurrence that has not ended: the first to start after a duration ago.

    The cron rules are those of Debian's cron, daylight saving time included.
    """
    zone = ZoneInfo(window.time_zone)
    after = datetime.fromtimestamp(max(0.0, unix_time - window.duration_seconds), zone)
    found = next(CronSim(window.start, after), None)
    start = LAST_TIME if found is None else found.timestamp()
    return _Occurrence(unix_time, start, start + window.duration_seconds)
