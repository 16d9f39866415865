"""The trace and the load made from it."""

from itertools import pairwise

import pytest

from bytebridge.demo.load import Arrivals, Load, Phase
from bytebridge.demo.trace import WINDOW_SECONDS, load_trace, parse_trace, relative_intensity

FLAT = Load([1.0], (Phase("usual", 20, 1), Phase("surge", 20, 10), Phase("usual again", 20, 1)), 50)


def test_excerpt_is_five_minutes_of_production() -> None:
    arrivals = load_trace()
    assert len(arrivals) == 2_217
    assert arrivals[-1] == pytest.approx(300, abs=1)
    intensity = relative_intensity(arrivals, WINDOW_SECONDS)
    assert sum(intensity) / len(intensity) == pytest.approx(1)
    assert max(intensity) > 1.2 > 0.8 > min(intensity)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        pytest.param(["TIMESTAMP,ContextTokens"], "no request", id="empty"),
        pytest.param(
            ["TIMESTAMP", "2023-11-16 18:15:47.0000000", "2023-11-16 18:15:46.0000000"],
            "not in order",
            id="unsorted",
        ),
    ],
)
def test_a_wrong_trace_is_refused(lines: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_trace(lines)


def test_intensity_is_relative_to_the_mean() -> None:
    assert relative_intensity([0, 1, 2, 11, 12, 13, 14, 15, 16, 20], 10) == pytest.approx(
        [3 / 4.5, 6 / 4.5]
    )


@pytest.mark.parametrize(
    ("time", "phase", "rate"),
    [
        pytest.param(0, "usual", 50, id="start"),
        pytest.param(19.9, "usual", 50, id="just-before-the-surge"),
        pytest.param(20, "surge", 500, id="surge"),
        pytest.param(45, "usual again", 50, id="after"),
        pytest.param(99, "usual again", 50, id="past-the-end"),
    ],
)
def test_phases(time: float, phase: str, rate: float) -> None:
    assert FLAT.phase(time).name == phase
    assert FLAT.rate(time) == rate


def test_start_of_a_phase() -> None:
    assert FLAT.starts_of("surge") == 20
    with pytest.raises(ValueError, match="expected one of"):
        FLAT.starts_of("calm")


def test_rate_follows_the_trace_between_the_middles_of_its_windows() -> None:
    load = Load([1.0, 2.0], (Phase("usual", 40, 1),), usual=10, window_seconds=10)
    assert [load.rate(time) for time in (5, 10, 15, 20, 25)] == pytest.approx([10, 15, 20, 15, 10])


def test_arrivals_are_ordered_and_come_at_the_load() -> None:
    moments = Arrivals(FLAT, seed=1).until(60)
    assert all(earlier < later for earlier, later in pairwise(moments))
    by_phase = [sum(low <= moment < low + 20 for moment in moments) for low in (0, 20, 40)]
    assert by_phase == pytest.approx([1_000, 10_000, 1_000], rel=0.1)
    assert moments[-1] < 60


def test_arrivals_do_not_depend_on_how_often_one_asks() -> None:
    at_once = Arrivals(FLAT, seed=1).until(60)
    piecemeal = Arrivals(FLAT, seed=1)
    assert [m for step in range(601) for m in piecemeal.until(step / 10)] == at_once
