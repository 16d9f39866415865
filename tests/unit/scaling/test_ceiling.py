"""More replicas that serve no more, told from those that do."""

from dataclasses import replace
from math import inf

import pytest

from bytebridge.scaling.ceiling import Busy, Ceiling, Glance, observe_busy, observe_moment

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
    assert not memory.settled(memory.since + 4)
    assert memory.settled(memory.since + 5)


MOST_WAIT = 3000.0
"""What waits when clients begin to give up."""


def _watch_impatient(replicas: list[int], limit: float, *, told: bool) -> Ceiling:
    """Clients leave a queue that is long; the service time tells what replicas can serve."""
    memory, backlog = Ceiling(), 1000.0
    for tick, ready in enumerate(replicas):
        served = min(limit, ready * EACH)
        backlog = min(MOST_WAIT, max(0.0, backlog + 5 * (600 - served)))
        capacity = served if told else inf
        observe_moment(memory, Glance(5.0 * tick, ready, backlog, 600.0, capacity), SLOTS, WINDOW)
    return memory


@pytest.mark.parametrize(
    ("told", "useful"),
    [
        pytest.param(True, None, id="the service time tells what was served"),
        pytest.param(False, 12, id="without it, those who left count as served"),
    ],
)
def test_clients_that_give_up_are_not_served(told: bool, useful: int | None) -> None:
    memory = _watch_impatient([4] * 30 + [11] * 4, 1e9, told=told)
    assert (memory.useful_replicas is None) == (useful is None)


def test_a_queue_that_clients_leave_lifts_no_ceiling() -> None:
    memory = _watch_impatient([5] * 4 + [60] * 40, 400.0, told=True)
    assert memory.useful_replicas == 17
    observe_moment(memory, Glance(220.0, 60, MOST_WAIT, 600.0, 1800.0), SLOTS, WINDOW)
    assert memory.useful_replicas is None, "the service time shows that more is served"


def test_a_young_ceiling_is_not_lifted_by_a_queue() -> None:
    memory = _watch(FIVE_THEN_SIXTY, 600.0, [600.0] * 14)
    busy = Busy(memory.since + 59, 5, 5, 900.0)
    observe_busy(memory, busy)
    assert memory.throughput is not None
    observe_busy(memory, replace(busy, time=memory.since + 60))
    assert memory.throughput is None
