"""More replicas that serve no more, told from those that do."""

import pytest

from bytebridge.scaling.ceiling import Ceiling, Glance, observe_moment

SLOTS, WINDOW, EACH = 2.0, 15.0, 30.0


def _watch(replicas: list[int], limit: float, rates: list[float]) -> Ceiling:
    """A service whose replicas serve 30 a second each, and all of them no more than `limit`."""
    memory, backlog = Ceiling(), 5000.0
    for tick, (ready, rate) in enumerate(zip(replicas, rates, strict=True)):
        backlog += 5 * (rate - min(limit, ready * EACH))
        glance = Glance(5.0 * tick, ready, max(0.0, backlog), rate)
        observe_moment(memory, glance, SLOTS, WINDOW)
    return memory


FIVE_THEN_SIXTY = [5] * 6 + [60] * 8


@pytest.mark.parametrize(
    ("replicas", "limit", "rates", "useful"),
    [
        pytest.param(FIVE_THEN_SIXTY, 1e9, [600.0] * 14, None, id="replicas help"),
        pytest.param(FIVE_THEN_SIXTY, 600.0, [600.0] * 14, 25, id="twenty reach the ceiling"),
        pytest.param(FIVE_THEN_SIXTY, 1200.0, [600.0] * 14, None, id="forty of sixty help enough"),
        pytest.param([60] * 14, 600.0, [600.0] * 14, None, id="one size tells nothing"),
        pytest.param([5] * 6 + [60] * 2, 600.0, [600.0] * 8, None, id="too soon after the change"),
        pytest.param(
            FIVE_THEN_SIXTY, 600.0, [600.0 * 1.2**i for i in range(14)], None, id="rising load"
        ),
        pytest.param([5] * 6 + [6] * 8, 150.0, [600.0] * 14, None, id="sizes too much alike"),
    ],
)
def test_ceiling(replicas: list[int], limit: float, rates: list[float], useful: int | None) -> None:
    assert _watch(replicas, limit, rates).useful_replicas == useful


def test_a_ceiling_is_gone_when_more_is_served() -> None:
    memory = _watch(FIVE_THEN_SIXTY, 600.0, [600.0] * 14)
    assert memory.useful_replicas is not None
    observe_moment(memory, Glance(70.0, 60, 0.0, 650.0), SLOTS, WINDOW)
    assert memory.useful_replicas is not None, "within noise of the ceiling"
    observe_moment(memory, Glance(75.0, 60, 0.0, 700.0), SLOTS, WINDOW)
    assert memory.useful_replicas is None


def test_a_young_ceiling_takes_nothing_away() -> None:
    memory = _watch(FIVE_THEN_SIXTY, 600.0, [600.0] * 14)
    assert not memory.settled(memory.since + 14)
    assert memory.settled(memory.since + 15)
