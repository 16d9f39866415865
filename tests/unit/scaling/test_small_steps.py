"""Steps down that chance alone may ask for."""

from math import inf

import pytest

from bytebridge.scaling.small_steps import SmallSteps, held_step, observe_need, remember_step

HOLD = 60.0


def memory(*needs: tuple[float, int], mistaken_at: float = -inf) -> SmallSteps:
    found = SmallSteps()
    for time, need in needs:
        observe_need(found, time, need, HOLD, rises=False)
    found.mistaken_at = mistaken_at
    return found


@pytest.mark.parametrize(
    ("present", "target", "certain", "needs", "expected"),
    [
        pytest.param(40, 30, 30, [(900, 38)], 30, id="as far as it is certain: at once"),
        pytest.param(40, 30, 34, [(900, 38)], 34, id="the rest waits"),
        pytest.param(40, 30, 34, [(900, 32)], 32, id="no more than was needed of late"),
        pytest.param(40, 30, 34, [(600, 38), (900, 30)], 30, id="five holds are over"),
        pytest.param(40, 30, None, [(900, 38)], 30, id="a large one, a replica is not certain"),
        pytest.param(40, 38, None, [(900, 39)], 39, id="a small one, a replica is not certain"),
        pytest.param(40, 38, 38, [(900, 39)], 38, id="a small one that is certain"),
        pytest.param(40, 38, 45, [(900, 50)], 40, id="never up"),
        pytest.param(3, 2, 3, [(900, 3)], 3, id="of a small fleet one replica"),
        pytest.param(1, 0, None, [(900, 1)], 0, id="to none is not small"),
    ],
)
def test_how_far_down(
    present: int,
    target: int,
    certain: int | None,
    needs: list[tuple[float, int]],
    expected: int,
) -> None:
    kept, _ = held_step(memory(*needs), 1000.0, (present, target), certain, HOLD)
    assert kept == expected


@pytest.mark.parametrize(
    ("mistaken_at", "target", "certain", "expected", "seconds"),
    [
        pytest.param(-inf, 9, 9, 9, 60, id="never"),
        pytest.param(100.0, 9, 9, 10, 1200, id="a quarter of an hour ago: certain or not"),
        pytest.param(100.0, 9, 12, 10, 1200, id="not certain"),
        pytest.param(-300.0, 9, 9, 9, 60, id="longer ago than twenty holds"),
        pytest.param(100.0, 5, 5, 5, 60, id="a large step is no mistake again"),
    ],
)
def test_after_a_mistake_the_next_waits_longer(
    mistaken_at: float, target: int, certain: int, expected: int, seconds: float
) -> None:
    known = memory((0.0, 10), (950.0, target), mistaken_at=mistaken_at)
    assert held_step(known, 1000.0, (10, target), certain, HOLD) == (expected, seconds)


@pytest.mark.parametrize(
    ("present", "target", "certain", "rises_after", "mistaken"),
    [
        pytest.param(10, 9, 9, 500.0, True, id="a small step that is needed again"),
        pytest.param(10, 9, 9, 700.0, False, id="not so soon"),
        pytest.param(10, 7, 10, 500.0, True, id="all of a larger one may be chance"),
        pytest.param(54, 34, 35, 15.0, False, id="a surplus, of which one was needed"),
        pytest.param(10, 7, None, 15.0, False, id="a larger one, a replica is not certain"),
    ],
)
def test_what_was_a_mistake(
    present: int, target: int, certain: int | None, rises_after: float, *, mistaken: bool
) -> None:
    known = memory()
    remember_step(known, 1000.0, (present, target), certain)
    observe_need(known, 1000.0 + rises_after, target + 1, HOLD, rises=True)
    assert (known.mistaken_at == 1000.0 + rises_after) == mistaken


def test_a_large_step_forgets_the_mistake_of_another_load() -> None:
    known = memory(mistaken_at=990.0)
    remember_step(known, 1000.0, (40, 6), 6)
    assert known == SmallSteps()
