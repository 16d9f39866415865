"""Start-up times from replicas that were asked for and became Ready."""

import pytest

from bytebridge.scaling.startup import StartupTimes, observe_replicas, until_ready


@pytest.mark.parametrize(
    ("course", "p90", "under_way"),
    [
        pytest.param([(0, 2, 2)], None, None, id="nothing was asked for"),
        pytest.param([(0, 2, 2), (5, 4, 2)], None, 5, id="two under way"),
        pytest.param([(0, 2, 2), (5, 4, 2), (35, 4, 4)], 30, None, id="thirty seconds"),
        pytest.param(
            [(0, 2, 2), (5, 3, 2), (10, 4, 2), (35, 4, 3)], 30, 10, id="first asked, first Ready"
        ),
        pytest.param(
            [(0, 2, 2), (5, 9, 2), (10, 4, 2), (40, 4, 4)], 35, None, id="some were cancelled"
        ),
        pytest.param(
            [(0, 4, 4), (5, 4, 3), (20, 4, 4)], None, None, id="a pod that was replaced tells none"
        ),
        pytest.param([(0, 2, 2), (5, 4, 2), (9000, 4, 4)], None, None, id="that was a gap"),
    ],
)
def test_startup_times(
    course: list[tuple[float, int, int]], p90: float | None, under_way: float | None
) -> None:
    memory = StartupTimes()
    for time, desired, ready in course:
        observe_replicas(memory, time, desired, ready)
    assert (memory.p90_seconds, memory.under_way_since) == (p90, under_way)


@pytest.mark.parametrize(
    ("waited", "expected"),
    [
        pytest.param(None, (30, 30), id="none is under way"),
        pytest.param(10, (30, 20), id="as expected"),
        pytest.param(40, (45, 5), id="overdue: as long as it has taken, and a tick"),
        pytest.param(4000, (600, 0), id="not slow to start: they cannot be placed"),
    ],
)
def test_pods_that_are_overdue_take_longer_than_was_known(
    waited: float | None, expected: tuple[float, float]
) -> None:
    memory = StartupTimes()
    observe_replicas(memory, 0.0, 2, 2)
    if waited is not None:
        observe_replicas(memory, 5.0, 9, 2)
    assert until_ready(memory, 5.0 + (waited or 0.0), 30.0, 5.0) == expected
