"""Windows of a schedule, one readable line a case."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bytebridge.scaling.schedule import ScheduleMemory, Window, window_in_force

OFFICE = Window("office", "0 8 * * 1-5", 3_600, "UTC", 5)
BERLIN = replace(OFFICE, time_zone="Europe/Berlin")
NIGHTLY = Window("nightly", "30 2 * * *", 1_800, "Europe/Berlin", 7)
LONG = Window("long", "0 * * * *", 3 * 3_600, "UTC", 3)
LAUNCH = Window("launch", "30 8 * * *", 600, "UTC", 20)


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("windows", "time", "lead", "name"),
    [
        pytest.param([OFFICE], at("2026-03-02 07:59:59"), 0, None, id="a second too early"),
        pytest.param([OFFICE], at("2026-03-02 08:00"), 0, "office", id="begins"),
        pytest.param([OFFICE], at("2026-03-02 07:59:25"), 35, "office", id="ahead by the lead"),
        pytest.param([OFFICE], at("2026-03-02 07:59:24"), 35, None, id="not before the lead"),
        pytest.param([OFFICE], at("2026-03-02 08:59:59"), 0, "office", id="its last second"),
        pytest.param([OFFICE], at("2026-03-02 09:00"), 0, None, id="ended"),
        pytest.param([OFFICE], at("2026-03-01 08:30"), 0, None, id="a Sunday"),
        pytest.param([BERLIN], at("2026-03-02 07:30"), 0, "office", id="winter: UTC + 1"),
        pytest.param([BERLIN], at("2026-07-01 06:30"), 0, "office", id="summer: UTC + 2"),
        pytest.param([BERLIN], at("2026-07-01 08:30"), 0, None, id="summer: ended"),
        pytest.param([NIGHTLY], at("2026-03-29 03:10", "Europe/Berlin"), 0, "nightly",
                     id="02:30 does not exist that night: when the clock has gone forward"),
        pytest.param([LONG], at("2026-03-02 08:30"), 0, "long", id="occurrences that overlap"),
        pytest.param([OFFICE, LAUNCH], at("2026-03-02 08:35"), 0, "launch", id="the larger one"),
        pytest.param([OFFICE, LAUNCH], at("2026-03-02 08:45"), 0, "office", id="the one left"),
        pytest.param([OFFICE], 1e300, 0, None, id="no wall time at all"),
        pytest.param([OFFICE], 0.0, 0, None, id="1970"),
    ],
)  # fmt: skip
def test_window_in_force(windows: list[Window], time: float, lead: float, name: str | None) -> None:
    found = window_in_force(windows, ScheduleMemory(), time, lead)
    assert (found.name if found else None) == name


def test_a_week_tick_by_tick_is_what_the_calendar_says() -> None:
    """Memory, which asks the calendar once a window, changes nothing."""
    memory, begin = ScheduleMemory(), at("2026-03-02 00:00")
    for minute in range(0, 7 * 24 * 60, 5):
        time = begin + 60 * minute
        found = window_in_force([OFFICE, LAUNCH], memory, time, 0)
        assert found == window_in_force([OFFICE, LAUNCH], ScheduleMemory(), time, 0), minute


def test_a_clock_that_is_set_back_is_followed() -> None:
    memory = ScheduleMemory()
    assert window_in_force([OFFICE], memory, at("2026-03-02 10:00"), 0) is None
    assert window_in_force([OFFICE], memory, at("2026-03-02 08:30"), 0) == OFFICE


def test_while_the_time_is_unknown_the_window_that_was_open_stays() -> None:
    memory = ScheduleMemory()
    assert window_in_force([OFFICE], memory, None, 0) is None
    window_in_force([OFFICE], memory, at("2026-03-02 08:30"), 0)
    assert window_in_force([OFFICE], memory, None, 0) == OFFICE
    assert window_in_force([], memory, None, 0) is None, "it is no longer in the spec"


def test_the_calendar_is_asked_once_a_window() -> None:
    memory, begin = ScheduleMemory(), at("2026-03-02 08:00")
    window_in_force([OFFICE], memory, begin, 0)
    before = memory.occurrences[OFFICE]
    window_in_force([OFFICE], memory, begin + 3_599, 0)
    assert memory.occurrences[OFFICE] is before
