"""Slots that replicas show while all that waits is in one gauge."""

from collections import deque
from dataclasses import replace

import pytest

from bytebridge.scaling.full_replicas import FullReplicas, slots_when_full
from bytebridge.scaling.law import decide
from bytebridge.scaling.state import State
from bytebridge.scaling.throughput import Busy, Glance, Glances
from unit.scaling.build import policy, seen

SERVED, ARRIVING, SERVICE_SECONDS = 200.0, 1000.0, 0.06
"""By six replicas of two slots each."""
FULL = Busy(0.0, 6, 6, throughput=SERVED, steady=True)


def look(waiting: float, give_up: float = 0.0, busy: Busy = FULL) -> tuple[Glances, Busy]:
    """Two intervals in which so many waited on average, of whom a share a second gave up."""
    left = SERVED + give_up * waiting
    half = 5 * (ARRIVING - left)
    glances = Glances(
        recent=deque(
            Glance(time, 6, waiting + (time - 5) / 5 * half, ARRIVING) for time in (0.0, 5.0, 10.0)
        )
    )
    return glances, busy._replace(left=left)


def slots(memory: FullReplicas, found: tuple[Glances, Busy | None]) -> float:
    return slots_when_full(memory, *found, SERVICE_SECONDS)


@pytest.mark.parametrize(
    ("first", "second", "least", "most"),
    [
        pytest.param(look(5_000), look(8_000), 2.0, 2.0, id="nobody gives up"),
        pytest.param(look(5_000), look(8_000, 10 / 8_000), 2.0, 2.0, id="or so it is, by chance"),
        pytest.param(look(4_000, 0.15), look(8_000, 0.09), 0, 0, id="a line that hardly grows"),
        pytest.param(look(5_000), look(6_000), 0, 0, id="too much alike"),
        pytest.param(look(5_000), look(4_000), 0, 0, id="the line gets shorter"),
        pytest.param(look(4_000, 1 / 30), look(8_000, 1 / 30), 2.0, 2.6, id="after half a minute"),
        pytest.param(look(4_000, 1 / 300), look(8_000, 1 / 300), 2.0, 2.2, id="few give up"),
        pytest.param(look(5_000), look(9_000, 0.05), 0, 0, id="after so long, all at once"),
        pytest.param(look(5_000), look(7_000, 0.02), 0, 1.1, id="a part of the second look"),
        pytest.param(
            look(5_000), look(8_000, busy=FULL._replace(most=9, fewest=9)), 0, 0, id="more replicas"
        ),
        pytest.param(
            look(5_000), look(8_000, busy=FULL._replace(fewest=5)), 0, 0, id="replicas that come"
        ),
        pytest.param(
            look(5_000),
            look(8_000, busy=FULL._replace(shared=False)),
            0,
            0,
            id="some may have none of it",
        ),
        pytest.param(
            look(5_000), look(8_000, busy=FULL._replace(steady=False)), 0, 0, id="a load that moves"
        ),
    ],
)
def test_two_looks(
    first: tuple[Glances, Busy], second: tuple[Glances, Busy], least: float, most: float
) -> None:
    memory = FullReplicas()
    assert slots(memory, first) == 0, "one look does not tell who gives up"
    assert least - 0.01 <= slots(memory, second) <= most + 0.01


def test_the_shortest_line_is_looked_at_first() -> None:
    memory = FullReplicas()
    assert [slots(memory, look(waiting)) for waiting in (5_000, 3_000)] == [0, 0]
    assert slots(memory, look(5_000)) == pytest.approx(2.0)


def test_looks_are_of_one_backlog() -> None:
    memory = FullReplicas()
    slots(memory, look(5_000))
    assert slots(memory, (Glances(), None)) == 0
    assert slots(memory, look(8_000)) == 0
    assert slots(memory, look(12_000)) == pytest.approx(2.0)


def test_another_pod_template_is_looked_at_anew() -> None:
    state = State()
    slots(state.full, look(5_000))
    state.forget_template()
    assert slots(state.full, look(8_000)) == 0


@pytest.mark.parametrize(
    ("patience", "least", "most"),
    [
        pytest.param(60.0, 1.85, 2.05, id="clients wait"),
        pytest.param(8.0, 1.0, 1.5, id="clients give up while it is looked at"),
    ],
)
def test_slots_are_learned_in_the_first_surge(patience: float, least: float, most: float) -> None:
    """Nobody has given them; before it at most seven of ten slots were in use at once."""
    rules, state = policy(concurrency_per_replica=None, target_utilization=0.9), State()
    queue, known = 0.0, None
    for tick in range(80):
        time, rate = 5.0 * tick, 100.0 if tick < 72 else 1000.0
        served = min(5 * 2 / 0.06, rate + queue / 5)
        queue = max(0.0, min(queue + 5 * (rate - served), rate * patience))
        in_service = (6.4 if tick % 2 else 5.6) if tick < 72 else 10.0
        line = seen(
            time,
            desired=5,
            service_seconds=None,
            in_flight=in_service + queue,
            latency_p95_seconds=0.14 if tick < 72 else 2.0,
            latency_mean_seconds=0.06 if tick < 72 else 2.0,
        )
        recent = [100.0 if tick - back < 72 else 1000.0 for back in range(12)]
        rates = {5.0: recent[0], 15.0: sum(recent[:3]) / 3, 60.0: sum(recent) / 12}
        readings = replace(line.readings, requests_per_second=rates)
        decide(rules, state, replace(line, readings=readings))
        known = state.capacity.slots
    assert known is not None
    assert least <= known <= most
