"""Surges that come again: what is awaited, when, and what it may cost."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.demand import Demand
from bytebridge.scaling.history import Point, Sample
from bytebridge.scaling.law import decide
from bytebridge.scaling.needs import Foreseen, Needs, Startup, compute_needs
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.recurrence import (
    Presence,
    Recurrence,
    Surge,
    Window,
    best_window,
    observe_surges,
    recurring_rate,
)
from bytebridge.scaling.seasonal import BUCKETS_A_DAY, Season, Seasons
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen, watched

LEAD = 35.0
TICK = 5.0
BASE, HIGH = 100.0, 1000.0
FEWEST = 5
"""Replicas that the base needs."""
RULES = policy(concurrency_per_replica=2, target_utilization=0.9, hold_seconds=60)


@pytest.mark.parametrize(
    ("pauses", "replicas", "worth", "window"),
    [
        pytest.param([], 20, 5000, None, id="one surge says nothing of a next one"),
        pytest.param([300], 20, 5000, Window(200, 400), id="one pause: a third more or less"),
        pytest.param([300], 20, 2000, None, id="to stand would cost 2,700 replica-seconds"),
        pytest.param([300], 20, 2700, Window(200, 400), id="as much as it is worth"),
        pytest.param([300] * 3, 20, 5000, Window(800 / 3 + 22 + 2 / 9, 311 + 1 / 9), id="alike"),
        pytest.param([3600] * 8, 20, 1300, Window(3581.25, 3618.75), id="each hour"),
        pytest.param([3600] * 2, 20, 5000, None, id="each hour, not yet certain"),
        pytest.param([100, 300], 20, 9000, Window(0, 400), id="they differ: from the first on"),
        pytest.param([100, 900], 20, 9000, Window(0, 133 + 1 / 3), id="the long one is too dear"),
        pytest.param([60, 70, 80, 5000], 20, 9000, Window(0, 106 + 2 / 3), id="one was far off"),
        pytest.param([20], 20, 5000, Window(10, 26 + 2 / 3), id="no less than ten seconds sooner"),
    ],
)
def test_best_window(
    pauses: list[float], replicas: float, worth: float, window: Window | None
) -> None:
    found = best_window(pauses, replicas, worth, LEAD)
    assert (found is None) == (window is None), found
    if found is not None and window is not None:
        assert tuple(found) == pytest.approx(tuple(window))


@given(
    pauses=st.lists(st.floats(5, 20_000), min_size=1, max_size=8),
    replicas=st.floats(0, 200),
    worth=st.floats(0, 1e6),
    dearer=st.floats(0, 1e6),
)
def test_what_is_worth_more_is_awaited_no_shorter(
    pauses: list[float], replicas: float, worth: float, dearer: float
) -> None:
    found = best_window(pauses, replicas, worth, LEAD)
    more = best_window(pauses, replicas, worth + dearer, LEAD)
    if found is not None:
        assert 0 <= found.opens <= found.closes
        assert more is not None
        assert more.closes >= found.closes - 1e-6


Rate = Callable[[float], float]


def surges(*begun: float, seconds: float = 60.0, height: float = HIGH) -> Rate:
    return lambda time: height if any(at <= time < at + seconds for at in begun) else BASE


def watched_until(
    end: float,
    rate: Rate,
    *,
    served: Callable[[float], float] = lambda _: 170.0,
    surplus: Callable[[float], float] = lambda _: 40.0,
    believed: Rate | None = None,
) -> Recurrence:
    """What is remembered of a load, with a constant fleet and surplus."""
    memory, points = Recurrence(), list[Point]()
    for tick in range(int(end / TICK)):
        time = tick * TICK
        fast = sum(rate(time - back) for back in (1, 6, 11)) / 3
        points = [*points[-13:], Point(time, rate(time - 1), fast=fast)]
        told = (believed or rate)(time - 1)
        now = Presence(time, told, 15.0, points, served(time), each=30.0, surplus=surplus(time))
        observe_surges(memory, now, LEAD)
    return memory


def test_a_surge_is_awaited_after_as_long_a_pause() -> None:
    memory = watched_until(1000.0, surges(300, 900))
    assert memory.height == HIGH
    assert [round(pause, -1) for pause in memory.pauses] == [540]
    opens, closes = memory.window or (inf, inf)
    assert opens == pytest.approx(360, abs=10)
    assert closes == pytest.approx(715, abs=10)
    ended = memory.ended_at or 0.0
    for since, due in (
        (opens - LEAD - 1, 0),
        (opens - LEAD, HIGH),
        (closes, HIGH),
        (closes + 1, 0),
    ):
        assert recurring_rate(memory, ended + since, LEAD) == due, since


def test_replicas_stand_until_a_surge_needs_them_itself() -> None:
    """The first reading of it shows a part."""
    memory = watched_until(1510.0, surges(300, 900, 1500))
    assert memory.on
    assert recurring_rate(memory, 1510.0, LEAD) == HIGH
    assert recurring_rate(memory, 1580.0, LEAD) == 0


@pytest.mark.parametrize(
    ("rate", "served"),
    [
        pytest.param(surges(300), lambda _: 170.0, id="one surge"),
        pytest.param(surges(300, 370), lambda _: 170.0, id="two that the hold bridges"),
        pytest.param(surges(300, 900, height=200.0), lambda _: 170.0, id="a little more"),
        pytest.param(surges(300, 900), lambda _: 900.0, id="what stands serves it"),
        pytest.param(
            lambda time: BASE + time, lambda time: BASE + time, id="a ramp that replicas follow"
        ),
        pytest.param(
            lambda _: BASE, lambda time: 30.0 if 300 < time % 600 < 400 else 170.0, id="pods fail"
        ),
        pytest.param(surges(300, 2700, seconds=2000), lambda _: 170.0, id="the load itself"),
        pytest.param(surges(-30, 600), lambda _: 170.0, id="one that was on before"),
    ],
)
def test_what_comes_not_again(rate: Rate, served: Callable[[float], float]) -> None:
    memory = watched_until(4990.0, rate, served=served)
    assert memory.window is None
    assert recurring_rate(memory, 4990.0, LEAD) == 0


def test_surges_are_told_though_the_index_that_they_made_hides_them() -> None:
    """The slow window is believed, as each of them may be chance by the index of dispersion."""
    memory = watched_until(1000.0, surges(300, 900), believed=lambda _: BASE)
    assert memory.window is not None


def test_three_requests_instead_of_one_are_no_surge() -> None:
    few = surges(300, 900, height=0.2)
    memory = watched_until(
        1000.0,
        lambda time: few(time) if few(time) < BASE else 0.067,
        served=lambda _: 0.1,
        believed=lambda _: 0.067,
    )
    assert memory.surge is None


def test_a_surge_that_is_higher_than_those_before_is_seen_as_high() -> None:
    def rate(time: float) -> float:
        return 2 * HIGH if 1500 <= time < 1560 else surges(300, 900)(time)

    for time, expected in ((1510.0, HIGH), (1535.0, 2 * HIGH)):
        memory = watched_until(time, rate, believed=lambda _: BASE)
        assert recurring_rate(memory, time - TICK, LEAD) == expected


def test_one_that_was_met_is_a_surge_all_the_same() -> None:
    memory = watched_until(
        1700.0, surges(300, 900, 1500), served=lambda time: 170.0 if time < 1200 else 2000.0
    )
    assert len(memory.pauses) == 2


def test_what_it_costs_after_it_is_over_counts_too() -> None:
    """Pods that were asked for come when it is gone."""
    memory = watched_until(
        1100.0, surges(300, 900), surplus=lambda time: 300.0 if 970 <= time < 1010 else 0.0
    )
    assert memory.window is not None


@pytest.mark.parametrize(
    ("height", "words"),
    [
        pytest.param(50.0, "by what came on other days, 100 requests/s are due", id="the season"),
        pytest.param(500.0, "surges come again and again, 500 requests/s are due", id="a surge"),
    ],
)
def test_the_higher_of_what_is_foreseen_counts(height: float, words: str) -> None:
    season = Season(BUCKETS_A_DAY, rates=array("f", [100.0] * BUCKETS_A_DAY), error=0.0)
    known = State(
        recurrence=Recurrence(
            surge=Surge(-100.0, 10.0, height), ended_at=0.0, window=Window(0, 1000)
        ),
        seasons=Seasons(bucket=0, seasons=(season,), trusted=season),
    )
    decision = decide(RULES, known, seen(5.0, fast=10.0, queue_depth=0))
    assert words in decision.message


RAMP = [Point(5.0 * index, 20.0 * index) for index in range(7)]
LEVEL = [Point(5.0 * index, 100.0) for index in range(12)]
ONSET = [*LEVEL, Point(60.0, 160.0)]


@pytest.mark.parametrize(
    ("history", "climb"),
    [
        pytest.param(RAMP, 0.0, id="a ramp"),
        pytest.param(ONSET, 0.0, id="its onset"),
        pytest.param(LEVEL, 250.0, id="a rise of minutes"),
    ],
)
def test_a_rise_that_was_awaited_comes_to_what_it_came_to_before(
    history: list[Point], climb: float
) -> None:
    """More than two hundred requests a second are extrapolated; the surge has come to 150."""
    sample = Sample(60.0, 100.0, None, history=tuple(history))
    demand = Demand(100.0, False, True, 100.0, 15.0, None, False, sample)
    floors = [
        compute_needs(
            RULES,
            seen(60.0, fast=100.0),
            demand,
            Capacity(2, 0.06),
            1.0,
            Startup(30.0, 0.0),
            Foreseen(0.0, "", inf, rise=rise, climb=climb),
        ).floors["forecast"]
        for rise in (inf, 150.0)
    ]
    assert floors[0] >= 200 * 0.06 / 2 / 0.9
    assert floors[1] == 5


@pytest.mark.parametrize(
    ("floors", "steady"),
    [
        pytest.param({"utilization": 5, "latency": 6, "burst": 9, "drain": 90}, 6, id="the load"),
        pytest.param({"utilization": 5, "headroom": 20, "forecast": 40}, 20, id="and headroom"),
        pytest.param({"utilization": 5, "standby": 15}, 15, id="and what stays by choice"),
        pytest.param({"wake": 1}, 0, id="nothing of it"),
    ],
)
def test_what_is_no_price_of_a_surge(floors: dict[str, int], steady: int) -> None:
    assert Needs(floors, complete=True).steady == steady


def test_no_burst_is_higher_than_the_surges_that_come_again() -> None:
    state = watched(recurrence=Recurrence(surge=Surge(-900.0, 100.0, 500.0), ended_at=-800.0))
    state.dispersion.index = 5_000.0
    line = seen(0.0, fast=100.0, queue_depth=0)
    unbounded = decide(RULES, state, line).floors["burst"]
    state.recurrence.window = Window(2000, 3000)
    bounded = decide(RULES, state, replace(line, time=5.0)).floors["burst"]
    assert (unbounded, bounded) == (31, 17)


def test_a_surge_that_costs_nothing_is_not_awaited() -> None:
    assert watched_until(1000.0, surges(300, 900), surplus=lambda _: 0.0).window is None


def test_what_stands_for_the_next_surge_is_no_price_of_a_surprise() -> None:
    """Thirty replicas stand in the pauses for 900 requests a second more."""
    memory = watched_until(1400.0, surges(300, 900), surplus=lambda _: 30.0)
    surge = memory.surge
    assert surge is not None
    assert surge.surplus == pytest.approx(30 * 65, rel=0.1), "while it lasts"


def test_one_that_was_awaited_tells_nothing_of_the_price() -> None:
    memory = watched_until(1700.0, surges(300, 900, 1500))
    assert len(memory.pauses) == 2
    assert memory.window is not None
    free = watched_until(
        2300.0, surges(300, 900, 1500, 2100), surplus=lambda time: 40.0 * (time < 1000)
    )
    assert len(free.surprises) == 2
    assert min(free.surprises) > 1000
    assert free.window is not None


def test_a_clock_that_is_set_back_makes_no_surge_cheaper() -> None:
    memory = watched_until(330.0, surges(300))
    assert memory.surge is not None
    before = memory.surge.surplus
    observe_surges(memory, Presence(10.0, HIGH, 15.0, [], 170.0, 30.0, 40.0), LEAD)
    assert memory.surge.surplus == before


def test_pauses_of_another_day_are_forgotten() -> None:
    memory = watched_until(1000.0, surges(300, 900))
    later = surges(90_000, 90_600)
    points = [Point(t, BASE, fast=BASE) for t in range(89_900, 90_000, 5)]
    points.append(Point(90_000, later(90_000), fast=HIGH))
    observe_surges(memory, Presence(90_000.0, HIGH, 15.0, points[-13:], 170.0, 30.0, 0.0), LEAD)
    assert len(memory.pauses) == 1
    assert not memory.heights or len(memory.heights) == 1


def _course(rate: Rate, seconds: int) -> list[Decision]:
    """A fluid queue before pods that take thirty seconds to start."""
    state, queue, asked, decisions = State(), 0.0, [4] * 6, list[Decision]()
    for tick in range(int(seconds / TICK)):
        time = TICK * tick
        ready = min(asked[-1], max(2, min(asked[-6:])))
        capacity = ready * 2 / 0.06
        came = rate(time - 1)
        served = min(capacity, came + queue / TICK)
        queue = max(0.0, queue + (came - served) * TICK)
        windows = {TICK * n: _mean(rate, time, n) for n in (1, 3, 12)}
        line = seen(
            time,
            desired=asked[-1],
            ready=ready,
            starting=asked[-1] - ready,
            queue_depth=queue,
            in_flight=served * 0.06,
            latency_p95_seconds=0.14 if queue == 0 else 5.0,
        )
        readings = replace(line.readings, requests_per_second=windows)
        decisions.append(decide(RULES, state, replace(line, readings=readings)))
        asked.append(decisions[-1].replicas)
    return decisions


def _mean(rate: Rate, time: float, ticks: int) -> float:
    return sum(rate(time - 1 - TICK * tick) for tick in range(ticks)) / ticks


def _at(decisions: Sequence[Decision], time: float) -> Decision:
    return decisions[int(time / TICK)]


def _replica_seconds(decisions: Sequence[Decision], begin: float, end: float) -> float:
    part = decisions[int(begin / TICK) : int(end / TICK)]
    return TICK * sum(decision.replicas for decision in part)


def test_the_third_surge_finds_replicas_that_serve_it() -> None:
    decisions = _course(surges(600, 960, 1320), 1800)
    assert _at(decisions, 595).replicas == _at(decisions, 955).replicas == FEWEST
    assert _at(decisions, 1150).replicas == FEWEST, "not all the time"
    for time in (1250, 1315):
        waiting = _at(decisions, time)
        assert waiting.replicas >= 34
        assert waiting.reason is Reason.FORECAST
        assert "surges come again and again, 1000 requests/s are due" in waiting.message
    third = decisions[int(1320 / TICK) : int(1440 / TICK)]
    assert max(decision.signals["queueDepth"] or 0.0 for decision in third) == 0
    assert {decision.replicas for decision in third} == {34}, "nor are more foreseen"


def test_to_stand_for_a_surge_costs_about_as_much_as_to_be_surprised() -> None:
    """And it is given up where none comes."""
    decisions = _course(surges(600, 960, 1320), 3000)
    surprised = _replica_seconds(decisions, 800, 1160)
    assert _replica_seconds(decisions, 1160, 1520) < 1.2 * surprised
    assert _replica_seconds(decisions, 1520, 1880) < surprised
    assert _at(decisions, 1900).replicas == FEWEST


def test_a_burst_is_bounded_by_what_surges_come_to() -> None:
    """On for a minute, off for a minute and a half: the index of dispersion is in the hundreds."""
    decisions = _course(lambda time: HIGH / 2 if time % 150 < 60 else 0.0, 3600)
    late = decisions[int(1800 / TICK) :]
    assert max(decision.signals["dispersion"] or 0.0 for decision in late) > 100
    assert max(decision.replicas for decision in late) <= 25
    assert max(decision.signals["queueDepth"] or 0.0 for decision in late) == 0
