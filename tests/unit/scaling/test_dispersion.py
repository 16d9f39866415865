"""Burstiness without trend."""

from random import Random

import pytest

from bytebridge.scaling.dispersion import smoothed_dispersion
from bytebridge.scaling.trend import Point

WINDOW, TICK = 15.0, 5.0


def _estimate(rate: float, slope: float, dispersion: float, ticks: int = 1200) -> float:
    """Of windows of three ticks, whose counts are normal with this index of dispersion."""
    random = Random(f"{rate}-{slope}-{dispersion}")
    counts: list[float] = []
    points: list[Point] = []
    estimate = 1.0
    for tick in range(ticks):
        mean = (rate + slope * tick * TICK) * TICK
        counts.append(max(0.0, random.gauss(mean, (dispersion * mean) ** 0.5)))
        if tick >= 2:
            points.append(Point(tick * TICK, 0.0, sum(counts[-3:]) / WINDOW))
            estimate = smoothed_dispersion(estimate, points[-14:], WINDOW, TICK)
    return estimate


@pytest.mark.parametrize(
    ("rate", "slope", "dispersion"),
    [(300, 0, 1), (300, 0, 8), (100, 0.5, 1), (100, 2.0, 1), (3000, -0.4, 2)],
)
def test_a_trend_is_no_burst(rate: float, slope: float, dispersion: float) -> None:
    assert _estimate(rate, slope, dispersion) == pytest.approx(dispersion, rel=0.35)


def test_too_short_a_history_says_nothing() -> None:
    points = [Point(0, 0, 100), Point(5, 0, 900), Point(10, 0, 100)]
    assert smoothed_dispersion(1.3, points, WINDOW, TICK) == 1.3
