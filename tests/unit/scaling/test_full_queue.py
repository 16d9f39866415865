"""Queues that may be full; one readable line a case."""

import pytest

from bytebridge.scaling.full_queue import may_be_full
from bytebridge.scaling.law import decide
from unit.scaling.build import policy, seen, watched

SERVED = 200.0


@pytest.mark.parametrize(
    ("rate", "backlogs", "full"),
    [
        pytest.param(200.0, (500, 500), True, id="as many wait as before"),
        pytest.param(200.0, (500, 599), True, id="twenty a second more is chance"),
        pytest.param(200.0, (500, 601), False, id="it grows"),
        pytest.param(200.0, (500, 399), False, id="it is worked off"),
        pytest.param(400.0, (500, 500), True, id="clients give up, and make room"),
        pytest.param(401.0, (500, 500), False, id="many come, as many give up: they are counted"),
        pytest.param(200.0, (None, 500), False, id="what waited before is unknown"),
        pytest.param(200.0, (500,), False, id="one look"),
        pytest.param(None, (500, 500), False, id="no rate"),
    ],
)
def test_two_looks(rate: float | None, backlogs: tuple[float | None, ...], full: bool) -> None:
    state = watched()
    for tick, backlog in enumerate(backlogs):
        fast = None if rate is None else rate + tick
        decide(policy(), state, seen(5.0 * tick, fast=fast, queue_depth=backlog, desired=10))
    demand = state.reading.demand if state.reading else None
    if demand is not None and rate is not None:
        demand = demand._replace(rate=rate)
    assert may_be_full(demand, SERVED) is full


@pytest.mark.parametrize(
    ("worked_off", "stay"),
    [
        pytest.param(0.0, True, id="a full queue: those who are refused are not counted"),
        pytest.param(60.0, False, id="one that is worked off: a few are enough"),
    ],
)
def test_replicas_on_their_way_stay_while_the_queue_may_be_full(
    worked_off: float, stay: bool
) -> None:
    """Five that serve 333 a second, and fifty-five that were asked for when it grew fast."""
    state, desired = watched(), 60
    for tick in range(6):
        line = seen(
            5.0 * tick,
            fast=333 - worked_off + tick,
            queue_depth=3_000 - 5 * worked_off * tick,
            desired=desired,
            ready=5,
            starting=desired - 5,
        )
        desired = decide(policy(hold_seconds=10), state, line).replicas
    assert (desired == 60) is stay
