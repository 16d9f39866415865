"""A load that rises for many minutes."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytebridge.scaling.climb import MISSING_COUNTS, Climb, climbing_rate, observe_climb
from bytebridge.scaling.demand import Demand
from bytebridge.scaling.history import Point, Sample
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Replicas
from unit.scaling.build import policy, seen, watched

TICK = 5.0
MINUTES = 60.0


def demand_at(time: float, rate: float, fast: float | None = None, age: float = 0.0) -> Demand:
    """What was counted in the last tick, and in the fast window."""
    fast = rate if fast is None else fast
    sample = Sample(time, fast, None, history=(Point(time, rate, seconds=TICK),))
    return Demand(
        rate, surging=False, rising=True, fast=fast, fast_seconds=15.0, newest=rate, ended=False,
        sample=sample, age_seconds=age,
    )  # fmt: skip


def watch(
    load: Callable[[float], float], seconds: float, dispersion: float = 1.0, seed: int = 0
) -> Climb:
    """The memory after so long of a load, counted each tick with the noise of a Poisson count."""
    memory, random = Climb(), Random(f"climb-{seed}")
    for tick in range(1, int(seconds / TICK) + 1):
        mean = load(tick * TICK - TICK / 2)
        count = mean + random.gauss(0, (dispersion * mean / TICK) ** 0.5)
        observe_climb(memory, demand_at(tick * TICK, count), dispersion)
    return memory


def foreseen(
    load: Callable[[float], float], seconds: float, horizon: float, dispersion: float = 1.0
) -> float:
    memory = watch(load, seconds, dispersion)
    now = demand_at(seconds, load(seconds), load(seconds - 7.5))
    return climbing_rate(memory, now, seconds, horizon, dispersion)


def ramp(slope: float, begins: float = 0.0, ends: float = 1e9) -> Callable[[float], float]:
    return lambda time: 300 + slope * max(0.0, min(time, ends) - begins)


def step(at: float) -> Callable[[float], float]:
    return lambda time: 300.0 if time < at else 900.0


@pytest.mark.parametrize(
    ("load", "seconds", "horizon", "expected"),
    [
        pytest.param(ramp(0.5), 10 * MINUTES, 305, 752, id="carried on for a start-up of minutes"),
        pytest.param(ramp(0.5), 10 * MINUTES, 35, 617, id="and of seconds"),
        pytest.param(ramp(2), 2 * MINUTES, 35, 610, id="seen after two minutes"),
        pytest.param(ramp(2), 2 * MINUTES, 605, 1080, id="three times as long as it was seen"),
        pytest.param(ramp(4), 6 * MINUTES, 1000, 5220, id="to three times the present rate"),
        pytest.param(ramp(2), 1.5 * MINUTES, 35, 0, id="too soon"),
        pytest.param(ramp(0), 20 * MINUTES, 305, 0, id="steady"),
        pytest.param(ramp(-0.2), 20 * MINUTES, 305, 0, id="falling"),
        pytest.param(ramp(0.02), 5 * MINUTES, 305, 0, id="too slow to be told from chance"),
        pytest.param(step(300), 6 * MINUTES, 305, 0, id="a step a minute ago"),
        pytest.param(step(300), 8 * MINUTES, 305, 0, id="a step three minutes ago"),
        pytest.param(ramp(15, 300, 340), 8 * MINUTES, 305, 0, id="a ramp of 40 s, over by now"),
        pytest.param(ramp(2, 0, 300), 6 * MINUTES, 305, 0, id="it ended a minute ago"),
        pytest.param(ramp(2, 0, 300), 15 * MINUTES, 305, 0, id="it ended ten minutes ago"),
    ],
)
def test_what_a_rise_of_minutes_comes_to(
    load: Callable[[float], float], seconds: float, horizon: float, expected: float
) -> None:
    assert foreseen(load, seconds, horizon) == pytest.approx(expected, rel=0.05)


def test_an_end_is_seen_before_the_next_mean() -> None:
    memory = watch(ramp(2), 10 * MINUTES)
    rate = ramp(2)(600)
    assert climbing_rate(memory, demand_at(620, rate + 40, rate + 25), 620, 305, 1.0) > 1900
    assert climbing_rate(memory, demand_at(620, rate, rate - 50), 620, 305, 1.0) == 0


def test_a_repeated_reading_is_carried_on_from_when_it_was_new() -> None:
    memory = watch(ramp(2), 10 * MINUTES)
    fast = ramp(2)(592.5)
    late = climbing_rate(memory, demand_at(600, fast, fast, age=25.0), 625, 305, 1.0)
    assert late == pytest.approx(ramp(2)(930), rel=0.03)


def test_bursty_arrivals_tell_less() -> None:
    assert foreseen(ramp(0.3), 5 * MINUTES, 305) > 450
    assert foreseen(ramp(0.3), 5 * MINUTES, 305, dispersion=20.0) == 0


@pytest.mark.parametrize(
    ("missing", "known"),
    [
        pytest.param(MISSING_COUNTS * TICK, True, id="two counts are missing"),
        pytest.param(35.0, False, id="half a minute is missing"),
    ],
)
def test_after_a_break_the_means_begin_anew(missing: float, known: bool) -> None:
    memory = watch(ramp(2), 10 * MINUTES)
    time = 600 + missing
    observe_climb(memory, demand_at(time, ramp(2)(time)), 1.0)
    assert bool(memory.slope) is known
    assert bool(memory.means) is known


def test_windows_that_overlap_are_not_counted_twice() -> None:
    """Without a newest count the fast window stands for it at each tick."""
    memory = Climb()
    for tick in range(1, 61):
        at = demand_at(tick * TICK, 300.0)
        history = (at.sample.history[0]._replace(seconds=15.0),)
        observe_climb(memory, at._replace(sample=at.sample._replace(history=history)), 1.0)
    assert [mean.seconds for mean in memory.means] == [30.0] * 10
    assert memory.means[-1].time - memory.means[0].time == 270


@given(
    rates=st.lists(st.floats(0, 1e6), min_size=1, max_size=300),
    horizon=st.floats(0, 3600),
    dispersion=st.floats(1, 50),
)
def test_it_is_never_more_than_three_times_the_present_load(
    rates: list[float], horizon: float, dispersion: float
) -> None:
    memory = Climb()
    for tick, rate in enumerate(rates):
        observe_climb(memory, demand_at(tick * TICK, rate), dispersion)
        found = climbing_rate(
            memory, demand_at(tick * TICK, rate), tick * TICK, horizon, dispersion
        )
        assert 0 <= found <= 3 * rate


def replicas_of(load: Callable[[float], float], startup: float, times: Iterable[int]) -> list[int]:
    """What the law has asked for at some times, with replicas that are Ready at once."""
    rules = policy(startup_seconds=startup, concurrency_per_replica=2, target_utilization=0.9)
    state, desired, found = watched(), 12, {}
    for tick in range(1, int(max(times) / TICK) + 1):
        now = tick * TICK
        slow = sum(load(now - 2.5 - TICK * i) for i in range(12)) / 12
        given = seen(
            now, fast=load(now - 7.5), slow=slow, desired=desired, queue_depth=0,
            in_flight=load(now) * 0.06, latency_p95_seconds=0.15,
        )  # fmt: skip
        given = replace(given, replicas=Replicas(desired, desired), startup_seconds=startup)
        desired = decide(rules, state, given).replicas
        found[now] = desired
    return [found[time] for time in times]


def test_the_law_has_the_replicas_of_five_minutes_later_where_pods_take_so_long() -> None:
    soon, late = (replicas_of(ramp(0.5, 300), startup, [900]) for startup in (30, 300))
    assert soon == [21]
    assert late == [26], "(300 + 0.5 x 900) x 0.06 / (2 x 0.9), and what chance leaves"


def noiseless(load: Callable[[float], float], seconds: float, dispersion: float = 1.0) -> Climb:
    memory = Climb()
    for tick in range(1, int(seconds / TICK) + 1):
        observe_climb(memory, demand_at(tick * TICK, load(tick * TICK - TICK / 2)), dispersion)
    return memory


def test_a_slope_is_believed_less_its_standard_error() -> None:
    """Twenty means of 30 s of 1,200 to 1,800 a second: sqrt(1500 / 30) / sqrt(30^2 x 665)."""
    assert noiseless(ramp(1, -300), 20 * MINUTES).slope == pytest.approx(1 - 7.07 / 774, abs=2e-4)


@pytest.mark.parametrize(
    ("steeper", "middle"),
    [
        pytest.param(0.04, 300, id="less than two minutes tell: ten do"),
        pytest.param(0.05, 495, id="more than they leave to chance"),
    ],
)
def test_of_two_lines_the_one_that_is_certainly_steeper_counts(
    steeper: float, middle: float
) -> None:
    """The last two minutes look steeper."""
    memory = noiseless(lambda t: 300 + 0.5 * t + steeper * max(0.0, t - 480), 10 * MINUTES)
    assert memory.time == pytest.approx(middle)
    assert memory.lasted == pytest.approx(570)


@pytest.mark.parametrize(
    ("load", "seconds", "slope"),
    [
        pytest.param(ramp(2, 300), 7 * MINUTES, 2, id="two minutes of it, after a steady load"),
        pytest.param(ramp(0.5, 600), 14 * MINUTES, 0.5, id="four of ten"),
        pytest.param(ramp(0.15), 10 * MINUTES, 0.15, id="ten that only ten can tell"),
    ],
)
def test_each_window_tells_what_others_do_not(
    load: Callable[[float], float], seconds: float, slope: float
) -> None:
    assert noiseless(load, seconds).slope == pytest.approx(slope, rel=0.15)


def test_what_is_no_line_is_no_climb_however_bursty() -> None:
    assert noiseless(ramp(11, 300, 360), 8 * MINUTES, dispersion=4.0).slope == 0


def test_a_fast_window_that_is_low_by_chance_ends_nothing() -> None:
    memory = noiseless(ramp(2), 10 * MINUTES)
    for sigmas, climbs in ((1.5, True), (2.5, False)):
        low = ramp(2)(592.5) - sigmas * (1485 / 15) ** 0.5
        found = climbing_rate(memory, demand_at(600, low, low), 600, 305, 1.0)
        assert (found > 2000) is climbs


def test_without_a_rate_there_is_none() -> None:
    memory = noiseless(ramp(2), 10 * MINUTES)
    unknown = demand_at(600, 1500)._replace(fast=0.0, fast_seconds=0.0, counted=False)
    assert climbing_rate(memory, unknown, 600, 305, 1.0) == 0


def test_scrapes_that_are_rare_leave_no_break() -> None:
    memory = Climb()
    for scrape in range(1, 21):
        at = demand_at(30.5 * scrape, 300 + 30.0 * scrape)
        history = (at.sample.history[0]._replace(seconds=30.0),)
        observe_climb(memory, at._replace(sample=at.sample._replace(history=history)), 1.0)
    assert len(memory.means) == 20
    assert memory.slope == pytest.approx(30 / 30.5, rel=0.05)
