"""Seasons: learned, judged, believed or not."""

from collections.abc import Callable
from math import isfinite, pi, sin
from random import Random
from sys import getsizeof

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.law import decide
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.seasonal import (
    Seasons,
    longer_memory,
    observe_season,
    recalled_seasons,
    seasonal_rate,
)
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen

DAY = 86_400.0
BUCKET = DAY / 288
Load = Callable[[float], float]


def office(time: float) -> float:
    """Ten a second, and a hundred from nine to five."""
    return 100.0 if 9 <= time % DAY / 3_600 < 17 else 10.0


def weekdays(time: float) -> float:
    return office(time) if time // DAY % 7 < 5 else 10.0


def diurnal(time: float) -> float:
    return 500 - 400 * sin(2 * pi * time / DAY)


def flat(_time: float) -> float:
    return 100.0


def learned(load: Load, days: float, noise: float = 0.0) -> Seasons:
    """Fed once a bucket; the noise is a standard deviation of the bucket's mean."""
    memory, random = Seasons(), Random(3)
    for bucket in range(int(days * 288) + 1):
        time = bucket * BUCKET
        rate = max(0.0, load(time) + random.gauss(0, noise))
        observe_season(memory, time, rate, DAY)
    return memory


def at(days: float, hours: float) -> float:
    return days * DAY + hours * 3_600


@pytest.mark.parametrize(
    ("load", "days", "hours", "rate", "expected"),
    [
        pytest.param(office, 1, 8.995, 10, 0, id="one day tells nothing yet"),
        pytest.param(office, 2, 8.995, 10, 100, id="after two the morning is known"),
        pytest.param(office, 2, 8.9, 10, 0, id="not before its time"),
        pytest.param(office, 2, 8.92, 10, 100, id="by a bucket sooner, as it may come sooner"),
        pytest.param(office, 2, 16.9, 100, 0, id="not after its time"),
        pytest.param(office, 2, 12, 100, 0, id="nothing beyond the present"),
        pytest.param(office, 2, 16.995, 100, 0, id="the evening lowers nothing"),
        pytest.param(flat, 3, 12, 100, 0, id="no season"),
        pytest.param(weekdays, 19, 8.995, 10, 0, id="a Saturday is quiet, the week knows"),
        pytest.param(weekdays, 21, 8.995, 10, 100, id="a Monday is not, the day would not know"),
        pytest.param(diurnal, 4, 18, 880, 900, id="the top of a smooth day"),
        pytest.param(diurnal, 1, 18, 880, 0, id="in the second it is still judged"),
    ],
)
def test_forecast(load: Load, days: float, hours: float, rate: float, expected: float) -> None:
    memory = learned(load, days + hours / 24)
    forecast = seasonal_rate(memory, at(days, hours), rate, 35, DAY)
    assert forecast == pytest.approx(expected, rel=0.02)


def test_a_morning_that_comes_earlier_or_later_is_met_in_full() -> None:
    """Smeared over two buckets; with the mean of the first a surge would wait as with none."""
    late_by = [0.03, -0.03, 0.02, -0.01, 0.04, 0.05]
    memory = Seasons()
    for bucket in range(int((6 + 8.97 / 24) * 288)):
        day, middle = divmod((bucket + 0.5) * BUCKET, DAY)
        into = middle / 3_600 - 9 - (late_by[int(day)] if day < 6 else 0.0)
        share = min(1.0, max(0.0, into * 3_600 / BUCKET + 0.5))
        rate = 10 + 90 * share if middle / 3_600 < 17 else 10.0
        observe_season(memory, day * DAY + middle, rate, DAY)
    assert memory.trusted is not None
    assert memory.trusted.at(int((6 + 9 / 24) * 288)) < 75
    forecast = seasonal_rate(memory, at(6, 8.995), 10.0, 35, DAY)
    assert forecast == pytest.approx(100, rel=0.01)


def test_today_may_lie_above_the_profile() -> None:
    """Since midnight twenty a second more than on other days: the morning brings them too."""

    def load(time: float) -> float:
        return office(time) + (20 if time >= 3 * DAY else 0)

    memory = learned(load, 3 + 8.99 / 24)
    assert seasonal_rate(memory, at(3, 8.995), 30, 35, DAY) == pytest.approx(120, rel=0.05)
    assert seasonal_rate(memory, at(3, 8.995), 10, 35, DAY) == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize("noise", [1.0, 10.0, 50.0])
def test_noise_is_no_season(noise: float) -> None:
    memory = learned(flat, 15, noise)
    assert memory.trusted is None


def test_a_season_that_ends_is_disbelieved() -> None:
    memory = learned(
        lambda time: office(time) if time < 5 * DAY else Random(time).uniform(0, 200), 8
    )
    assert memory.trusted is None


def test_gaps_are_unknown_and_not_zero() -> None:
    memory = Seasons()
    for bucket in range(3 * 288):
        if not 100 <= bucket % 288 < 112:
            observe_season(memory, bucket * BUCKET, office(bucket * BUCKET), DAY)
    assert memory.trusted is not None
    assert seasonal_rate(memory, 2 * DAY + 105 * BUCKET, 0.0, 35, DAY) == 0
    assert seasonal_rate(memory, 2 * DAY + 99 * BUCKET + 280, 0.0, 35, DAY) == 0


def test_the_change_over_a_gap_is_no_error_of_a_flat_forecast() -> None:
    memory = learned(office, 2)
    judged = [season.judged for season in memory.seasons]
    for hours in (8, 10):
        observe_season(memory, at(2, hours), office(at(2, hours)), DAY)
    observe_season(memory, at(2, 10.1), 100, DAY)
    assert memory.trusted is not None
    assert [season.judged for season in memory.seasons] == judged


def test_a_clock_that_is_set_back_begins_anew() -> None:
    memory = learned(office, 3)
    observe_season(memory, 0.0, 5.0, DAY)
    assert memory.trusted is None
    assert seasonal_rate(memory, at(2, 8.995), 10, 35, DAY) == 0


def test_ten_thousand_services_fit_into_a_gigabyte() -> None:
    memory = learned(weekdays, 30)
    size = sum(getsizeof(season.rates) + getsizeof(season) for season in memory.seasons)
    assert 10_000 * (size + getsizeof(memory)) < 0.15e9


@given(
    st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e9)), max_size=30),
    st.floats(0, 1e9),
    st.floats(0, 1e4),
)
def test_no_forecast_is_below_the_present_or_no_number(
    history: list[tuple[float, float]], rate: float, horizon: float
) -> None:
    memory, last = Seasons(), 0.0
    for time, seen_rate in history:
        observe_season(memory, time, seen_rate, 60.0)
        last = time
    forecast = seasonal_rate(memory, last, rate, horizon, 60.0)
    assert isfinite(forecast)
    assert forecast == 0 or forecast > rate


@given(st.floats(0, 5_000), st.floats(0, DAY))
def test_the_season_never_lowers_a_decision(rate: float, time: float) -> None:
    without, rules = State(), policy()
    with_season = State(seasons=learned(office, 3))
    observation = seen(3 * DAY + time, fast=rate, queue_depth=0)
    assert (
        decide(rules, with_season, observation).replicas
        >= decide(rules, without, observation).replicas
    )


@pytest.mark.parametrize("day", [3_600.0, 7_200.0])
def test_replicas_stand_before_the_step_of_a_shorter_day(day: float) -> None:
    """A step at the middle of each day, seen by the law with a day of the replay's length."""
    rules, state, desired = policy(day_seconds=day, hold_seconds=60), State(), 2
    ahead = 0
    for tick in range(int(3 * day / 5)):
        time = 5.0 * tick
        rate = 1_000.0 if 0.5 <= time / day % 1 < 0.7 else 50.0
        observation = seen(time, fast=rate, queue_depth=0, desired=desired)
        decision = decide(rules, state, observation)
        desired = decision.replicas
        if 2.5 * day - 20 <= time < 2.5 * day:
            ahead = max(ahead, decision.floors["forecast"])
    assert ahead >= 18


@pytest.mark.parametrize("began", [0.0, -3.5 * DAY], ids=["since the clock began", "before it did"])
def test_what_was_recorded_is_as_good_as_what_was_seen(began: float) -> None:
    """A clock that counts from the start of a machine is below zero in what was recorded before."""
    buckets = range(int(3.37 * 288))
    middles = [began + (bucket + 0.5) * BUCKET for bucket in buckets]
    memory = recalled_seasons(((time, office(time - began)) for time in middles), DAY)
    now = began + at(3, 8.995)
    observe_season(memory, now, 10.0, DAY)
    assert seasonal_rate(memory, now, 10.0, 35, DAY) == pytest.approx(100, rel=0.02)
    assert len(memory.seasons[0].rates) == 288


@pytest.mark.parametrize(
    ("own_since", "recalled_since", "kept"),
    [
        pytest.param(None, 0.0, "recalled", id="a new process"),
        pytest.param(2 * DAY, 0.0, "recalled", id="Prometheus has seen more"),
        pytest.param(0.0, 2 * DAY, "own", id="the operator has seen more"),
        pytest.param(2 * DAY, None, "own", id="nothing is recorded"),
        pytest.param(None, None, "own", id="nobody has seen anything"),
    ],
)
def test_the_longer_memory_is_kept(
    own_since: float | None, recalled_since: float | None, kept: str
) -> None:
    def since(time: float | None) -> Seasons:
        points = () if time is None else ((time + hour * 3_600, 1.0) for hour in range(72))
        return recalled_seasons(points, DAY)

    memories = {"own": since(own_since), "recalled": since(recalled_since)}
    assert longer_memory(memories["own"], memories["recalled"]) is memories[kept]


@pytest.mark.parametrize("desired", [2, 8])
def test_a_decision_says_what_is_due(desired: int) -> None:
    """Before replicas come, and while they stand and wait for it."""
    state = State(seasons=learned(office, 3 + 8.99 / 24))
    rules = policy(concurrency_per_replica=1)
    for tick in range(20):
        time = at(3, 8.995) - 100 + 5 * tick
        decision = decide(rules, state, seen(time, fast=10.0, queue_depth=0, desired=desired))
    assert decision.replicas == 8
    assert decision.reason is Reason.FORECAST
    assert "by what came on other days, 100 requests/s are due" in decision.message


def test_a_day_that_begins_with_nothing_is_foreseen_too() -> None:
    """No request comes at night; who knows nothing of a replica can foresee none."""

    def nights(time: float) -> float:
        return office(time) if office(time) > 50 else 0.0

    asked = []
    for capacity in (Capacity(1, 0.06), Capacity()):
        state = State(seasons=learned(nights, 3 + 8.99 / 24), capacity=capacity)
        rules = policy(concurrency_per_replica=1)
        for tick in range(20):
            time = at(3, 8.995) - 100 + 5 * tick
            line = seen(time, fast=0.0, queue_depth=0, service_seconds=None)
            decision = decide(rules, state, line)
        asked.append((decision.replicas, decision.reason))
    assert asked == [(8, Reason.FORECAST), (2, Reason.STEADY)]
