"""What a load rises by while pods start."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.climb import Climb
from bytebridge.scaling.demand import estimate_demand
from bytebridge.scaling.history import Point
from bytebridge.scaling.law import decide
from bytebridge.scaling.needs import Foreseen, Startup, compute_needs
from bytebridge.scaling.swell import MEANS, Swell, observe_swell, swollen_rate
from unit.scaling.build import policy, seen, watched

WAVES = [300.0, 300.0, 300.0, 500.0, 500.0, 500.0] * 20
"""Up by 200 and down again, each in a minute and a half."""


def watch(means: Sequence[float], horizon: float, percentile: float = 0.95) -> Swell:
    memory, climb = Swell(), Climb()
    for number, rate in enumerate(means):
        climb.means.append(Point(30.0 * number + 15.0, rate))
        observe_swell(memory, climb, horizon, percentile)
        observe_swell(memory, climb, horizon, percentile)
    return memory


@pytest.mark.parametrize(
    ("means", "horizon", "rate", "expected"),
    [
        pytest.param(WAVES, 305, 300, 500, id="it has risen by so much within five minutes"),
        pytest.param(WAVES, 305, 450, 500, id="no more than it has come to"),
        pytest.param(WAVES, 180, 300, 0, id="never by anything within three: a period"),
        pytest.param(WAVES, 119, 300, 0, id="pods come in time"),
        pytest.param([300.0] * 120, 305, 300, 0, id="steady"),
        pytest.param([*range(600, 0, -5)], 305, 300, 0, id="falling"),
        pytest.param(WAVES[:30], 305, 300, 0, id="nineteen rises tell nothing"),
        pytest.param(WAVES[:31], 305, 300, 500, id="twenty do"),
        pytest.param([300.0] * 60 + [900.0] * 60, 305, 900, 900, id="after a step it is the load"),
        pytest.param([300.0] * 200 + [900.0] * 10 + [300.0] * 30, 305, 300, 300,
            id="one step in two hours is none of twenty rises",
        ),
    ],
)  # fmt: skip
def test_what_the_load_may_come_to(
    means: Sequence[float], horizon: float, rate: float, expected: float
) -> None:
    found = swollen_rate(watch(means, horizon), rate, horizon)
    assert found == pytest.approx(expected) or (expected == rate and found == 0)


def test_the_percentile_of_the_objective_says_how_many_rises_are_met() -> None:
    means = [300.0] * 100 + [600.0] * 15 + [300.0] * 100
    assert watch(means, 305, 0.9).rise == 0
    assert watch(means, 305, 0.99).rise == 300


def test_two_hours_are_remembered_and_a_fault_of_metrics_takes_nothing_away() -> None:
    memory = watch([*WAVES, *[300.0] * MEANS], 305)
    assert (memory.rise, memory.highest) == (0, 300)
    memory = watch(WAVES, 305)
    observe_swell(memory, Climb(), 305, 0.95)
    assert swollen_rate(memory, 300, 305) == 500


def test_where_pods_come_in_time_nothing_is_remembered() -> None:
    assert not watch(WAVES, 119).means


@pytest.mark.parametrize(
    ("swell", "burst"),
    [
        pytest.param(0.0, 12, id="not known"),
        pytest.param(500.0, 17, id="500 x 0.06 / (2 x 0.9)"),
        pytest.param(200.0, 12, id="less than there is"),
    ],
)
def test_replicas_stand_for_it(swell: float, burst: int) -> None:
    rules = policy(concurrency_per_replica=2, target_utilization=0.9)
    given = seen(0.0, fast=300, slow=300, desired=12, queue_depth=0)
    demand = estimate_demand(given.readings, 0.0, None, 1.0)
    foreseen = Foreseen(0.0, "", inf, swell=swell)
    needs = compute_needs(
        rules, given, demand, Capacity(2.0, 0.06), 1.0, Startup(300.0, 300.0), foreseen
    )
    assert needs.floors["burst"] == burst
    assert needs.standing == burst


def test_the_law_learns_it_from_what_it_reads() -> None:
    rules, state = policy(concurrency_per_replica=2, target_utilization=0.9), watched()
    for tick in range(408):
        rate = WAVES[tick // 6 % len(WAVES)]
        given = seen(5.0 * tick, fast=rate, slow=rate, desired=20, queue_depth=0)
        decision = decide(rules, state, replace(given, startup_seconds=300.0))
    assert rate == 300
    assert decision.floors["burst"] == 17
