"""What is recorded of the days before a run."""

import pytest

from bytebridge.simulation import profile
from bytebridge.simulation.earlier_days import recorded_days
from bytebridge.simulation.policies.law import Law
from bytebridge.simulation.scenarios import SCENARIOS

DAY = 86_400.0
STEP = profile.surge(10.0, 100.0, start=300, plateau=600)


def on(day: int, second: float, late_by: tuple[int, ...]) -> float:
    """The mean rate of the bucket in which this second lies, days before the run."""
    points = dict(recorded_days(STEP, late_by))
    return points[-day * DAY + second // 300 * 300 + 150]


@pytest.mark.parametrize(
    ("day", "second", "expected"),
    [
        pytest.param(1, 0, 10.0, id="before"),
        pytest.param(1, 300, 100.0, id="to the second"),
        pytest.param(1, 899, 100.0, id="until its end"),
        pytest.param(1, 900, 10.0, id="after"),
        pytest.param(1, 50_000, 10.0, id="the rest of the day"),
        pytest.param(2, 300, 10.0 + 90.0 * 0.5, id="late by half a bucket"),
        pytest.param(2, 900, 10.0 + 90.0 * 0.5, id="and so at its end"),
        pytest.param(3, 0, 10.0 + 90.0 * 0.2, id="early by a minute"),
    ],
)
def test_a_day(day: int, second: float, expected: float) -> None:
    assert on(day, second, (-60, 150, 0)) == pytest.approx(expected)


def test_days_are_whole_and_end_with_the_run() -> None:
    points = list(recorded_days(STEP, (0, 0)))
    assert len(points) == 2 * 288
    assert points[0][0] == -2 * DAY + 150
    assert points[-1][0] == -150


def test_the_law_has_seen_them() -> None:
    for name, knows in (("step-30-daily", True), ("step-30", False)):
        scenario = SCENARIOS[name]
        law = Law(scenario.setting(scenario.workload(0)))
        assert (law._state.seasons.trusted is not None) == knows
