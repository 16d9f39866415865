"""Demand and capacity, one line a case."""

from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity, learn_capacity
from bytebridge.scaling.demand import estimate_demand
from bytebridge.scaling.history import Point, Sample
from bytebridge.scaling.observation import Readings
from bytebridge.scaling.trend import onset_rate, ramp_rate
from bytebridge.scaling.windows import FORGETTING
from unit.scaling.build import seen


@pytest.mark.parametrize(
    ("fast", "before", "elapsed", "expected"),
    [
        pytest.param(1000, 1000, 5, 1000, id="steady"),
        pytest.param(1010, 1000, 5, 1000, id="noise is left out"),
        pytest.param(1005, 1000, 1, 1000, id="over a short tick as well"),
        pytest.param(400, 100, 5, 700, id="a step is, over the two intervals between the samples"),
    ],
)
def test_extrapolation(fast: float, before: float, elapsed: float, expected: float) -> None:
    readings = Readings(requests_per_second={15.0: fast, 60.0: before}, queue_depth=0)
    demand = estimate_demand(readings, elapsed, Sample(0, before, 0), 1.0)
    assert demand is not None
    assert demand.rate == pytest.approx(expected)


def test_a_step_that_fills_the_window_is_never_overstated() -> None:
    """From 20 to 200 a second, seen every second: the newest rate stays the true one."""
    sample = Sample(0, 20, 0, history=tuple(Point(second, 20, 20) for second in range(-15, 1)))
    for second in range(1, 16):
        fast = 20 + 180 * min(second, 14) / 14  # fifteen samples, fourteen intervals
        slow = 20 + 180 * second / 60
        readings = Readings(requests_per_second={15.0: fast, 60.0: slow}, queue_depth=0)
        demand = estimate_demand(readings, second, sample, 1.0)
        assert demand is not None
        assert demand.rate <= 200 + FORGETTING * 180 / 2, "half of what counted it were amid"
        assert second < 5 or demand.rate >= 200 - 25, "what a third of the window can tell"
        sample = demand.sample


@pytest.mark.parametrize(
    ("readings", "known", "expected"),
    [
        pytest.param({"service_seconds": 0.05}, 0.06, 0.05, id="measured"),
        pytest.param({"latency_mean_seconds": 0.05}, None, 0.05, id="latency at first"),
        pytest.param({"latency_mean_seconds": 5.0}, 0.06, 0.1094, id="no queue gauge: slowly up"),
        pytest.param({"latency_mean_seconds": 0.09, "queue_depth": 0}, 0.06, 0.09, id="no wait"),
        pytest.param({"latency_mean_seconds": 5.0, "queue_depth": 9}, 0.06, 0.06, id="waiting"),
        pytest.param({"in_flight": 60.0}, None, 0.06, id="Little, steady"),
        pytest.param({"in_flight": 60.0, "slow": 100.0}, None, None, id="Little, not in a step"),
    ],
)
def test_service_time(
    readings: dict[str, Any], known: float | None, expected: float | None
) -> None:
    observation = seen(fast=1000, **{"service_seconds": None, **readings})
    learned = learn_capacity(Capacity(service_seconds=known), observation, 4)
    assert learned.service_seconds == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        pytest.param([100] * 12, 100, id="steady"),
        pytest.param([100, 104, 97, 108, 95, 103], 103, id="noise"),
        pytest.param([100, 100, 100, 550], 550, id="amid a step"),
        pytest.param([100, 100, 550, 1000], 1000, id="after a step"),
        pytest.param([98, 100, 94, 103, 111, 133, 130, 141, 139, 149], 149, id="a step amid noise"),
        pytest.param([100, 200, 300, 400], 1050, id="a ramp: 20/s each second for 32.5 s"),
        pytest.param([100, 100, 100, 200, 300, 400], 1050, id="the begin of a ramp"),
        pytest.param([100, 200, 300, 400, 400, 400, 400], 400, id="a ramp that has ended"),
        pytest.param([400, 300, 200, 100], 100, id="never below the present rate"),
        pytest.param([0, 1000, 2000, 3000], 9000, id="at most three times the present rate"),
        pytest.param([100, 300], 300, id="too few points"),
        pytest.param(
            [100] * 6 + [200], 1000, id="a first reading: a steep ramp, ten times at most"
        ),
        pytest.param([100] * 6 + [130], 449, id="less of it the less is certain"),
        pytest.param([100] * 6 + [118], 118, id="four deviations are noise"),
        pytest.param([100] * 6 + [600], 1000, id="amid a step"),
        pytest.param([100] * 6 + [600, 1000], 1000, id="a step that is over"),
        pytest.param([100] * 6 + [130, 190], 549, id="a second reading"),
        pytest.param([100] * 6 + [500, 600], 600, id="a second one that rises by less: a step"),
        pytest.param([100] * 6 + [130, 190, 200], 200, id="a rise that slows down"),
    ],
)
def test_forecast(rates: list[float], expected: float) -> None:
    history = [Point(5.0 * i, rate) for i, rate in enumerate(rates)]
    forecast = max(ramp_rate(history, rates[-1], 30, 1.0), onset_rate(history, 30, 1.0))
    assert forecast == pytest.approx(expected, abs=1)


def test_twenty_seconds_of_a_ramp_tell_nothing_of_five_minutes() -> None:
    history = [Point(5.0 * i, 400 + 100 * i) for i in range(4)]
    assert ramp_rate(history, 700, 300, 1.0) == pytest.approx(700 + 20 * 3 * 15)


@pytest.mark.parametrize(
    ("slope", "expected"),
    [
        pytest.param(4.0, 640 + 4 * 62.5, id="points on a line show how little noise there is"),
        pytest.param(1.0, 460, id="Poisson noise there always is"),
    ],
)
def test_a_ramp_amid_a_dispersion_that_is_overestimated(slope: float, expected: float) -> None:
    history = [Point(5.0 * i, 400 + 5 * slope * i) for i in range(13)]
    assert ramp_rate(history, history[-1].rate, 60, 8.0) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    ("backlog", "fast", "expected"),
    [
        pytest.param(4_000, 366.7, 900, id="arrivals: growth of the queue and what was served"),
        pytest.param(4_000, 100, 900, id="completions are cut off at saturation"),
        pytest.param(0, 100, 100, id="no queue: the counter alone"),
    ],
)
def test_saturation(backlog: float, fast: float, expected: float) -> None:
    """A hundred a second were served while the queue grew by 800 a second."""
    readings = Readings(requests_per_second={15.0: fast, 60.0: 100}, queue_depth=backlog)
    before = Sample(
        0, 100, 0, ready_throughput=100, least_throughput=100, history=(Point(-20, 100),)
    )
    demand = estimate_demand(readings, 5, before, 1.0, ready_throughput=100)
    assert demand is not None
    assert demand.rate == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    ("newest", "backlog", "was", "expected"),
    [
        pytest.param(2.0, 0, 0, 2, id="as ever"),
        pytest.param(4.0, 0, 0, 2, id="twenty in five seconds where ten are usual: chance"),
        pytest.param(4.4, 0, 0, 4.4, id="twenty-two are none"),
        pytest.param(2.0, 5, 0, 2, id="five wait that did not: as many as come"),
        pytest.param(2.0, 8, 3, 2, id="five more: the same amid a backlog"),
        pytest.param(2.0, 9, 0, 2, id="nine: of an interval, whose noise is more than a window's"),
        pytest.param(2.0, 12, 3, 2, id="nine more"),
        pytest.param(2.0, 25, 0, 7, id="twenty-five wait that did not"),
        pytest.param(2.0, 28, 3, 7, id="the same amid a backlog"),
    ],
)
def test_few_requests_are_no_surge_by_chance(
    newest: float, backlog: float, was: float, expected: float
) -> None:
    """Two a second come, and the replicas can serve two and no more."""
    rates = {5.0: newest, 15.0: 2.0, 60.0: 2.0}
    history = tuple(Point(5.0 * at, 2.0, fast=2.0, counted_seconds=5.0) for at in range(20))
    before = Sample(
        95.0, 2.0, was, (15.0, 95.0), ready_throughput=2, least_throughput=2, history=history
    )
    readings = Readings(requests_per_second=rates, queue_depth=backlog)
    demand = estimate_demand(readings, 100.0, before, 1.0, ready_throughput=2.0)
    assert demand is not None
    assert demand.rate == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("rate", "begins"),
    [
        pytest.param(3.0, False, id="fifteen in five seconds where five are usual"),
        pytest.param(3.6, True, id="eighteen"),
        pytest.param(1.0, False, id="as usual"),
    ],
)
def test_few_requests_are_no_onset_by_chance(rate: float, *, begins: bool) -> None:
    history = [*(Point(5.0 * index, 1.0) for index in range(12)), Point(60.0, rate)]
    assert (onset_rate(history, 35.0, 1.0) > 0) == begins


def test_a_step_amid_a_backlog_is_no_ramp_whatever_a_window_covers() -> None:
    """From 100 to 600 a second, counted over all of the 15 s; 167 a second are served."""
    sample = Sample(0, 100, 0, history=tuple(Point(t, 100, 100) for t in range(-60, 1, 5)))
    sample = sample._replace(ready_throughput=167, least_throughput=167, known_since=-60)
    for tick, since in enumerate((5, 10, 15, 20, 25), start=1):
        fast, slow = 100 + 500 * min(since, 15) / 15, 100 + 500 * since / 60
        rates, backlog = {15.0: fast, 60.0: slow}, 433.0 * since
        readings = Readings(requests_per_second=rates, queue_depth=backlog)
        demand = estimate_demand(readings, 5.0 * tick, sample, 1.0, 167.0)
        assert demand is not None
        sample = demand.sample
        assert sample.history[-1].rate == pytest.approx(600, abs=1), since


def test_pods_ready_since_the_last_scrape_have_not_served_yet() -> None:
    """The queue grew by 100 a second before sixty pods became Ready, which is known sooner."""
    sample, ready = None, [5, 5, 5, 60, 60]
    for tick, (count, backlog) in enumerate(zip(ready, [0, 2500, 5000, 7500, 8000], strict=True)):
        rates = {5.0: 600.0, 15.0: 600.0, 60.0: 600.0}
        readings = Readings(requests_per_second=rates, queue_depth=float(backlog))
        demand = estimate_demand(readings, 5.0 * tick, sample, 1.0, 20.0 * count)
        assert demand is not None
        assert demand.rate == 600, tick
        sample = demand.sample


def test_windows_that_are_not_full_yet_are_no_surge() -> None:
    """New series: the slow window holds 15 s of requests only, the fast one grows into its own."""
    sample = None
    for time, fast, slow in ((0, 150, 37), (5, 300, 75), (10, 300, 100)):
        readings = Readings(requests_per_second={15.0: fast, 60.0: slow}, queue_depth=0)
        demand = estimate_demand(readings, time, sample, 1.0)
        assert demand is not None
        assert (demand.rate, demand.surging) == (fast, False)
        sample = demand.sample


@pytest.mark.parametrize(
    ("readings", "growth", "expected"),
    [
        pytest.param({"fast": 600, "in_flight": 8}, 466.7, 0.06, id="arrivals are counted"),
        pytest.param({"fast": 133.3, "in_flight": 8}, 466.7, 0.06, id="completions are counted"),
        pytest.param({"fast": 133.3}, 466.7, 0.06, id="all slots are busy amid a backlog"),
        pytest.param(
            {"fast": 133.3, "in_flight": 8, "latency_mean_seconds": 0.05}, 0, 0.05, id="bound"
        ),
    ],
)
def test_service_time_when_first_seen_amid_a_backlog(
    readings: dict[str, Any], growth: float, expected: float
) -> None:
    observation = seen(queue_depth=500, service_seconds=None, **readings)
    learned = learn_capacity(Capacity(), observation, 4, growth)
    assert learned.service_seconds == pytest.approx(expected, rel=0.01)
    assert learned.estimated
    later = seen(75, fast=100, queue_depth=0, latency_mean_seconds=0.07, service_seconds=None)
    assert learn_capacity(learned, later, 4).service_seconds == 0.07


@pytest.mark.parametrize(
    ("readings", "growth", "slots"),
    [
        pytest.param({}, 0, 3, id="six busy of two replicas: a hundred a second for 60 ms each"),
        pytest.param({"queue_depth": 90}, 50, 1.5, id="what piles up is not served"),
        pytest.param({"in_flight": 10}, 0, 5, id="a gauge goes first"),
        pytest.param({"service_seconds": None}, 0, None, id="service time unknown"),
    ],
)
def test_slots_by_littles_law_where_no_gauge_tells_them(
    readings: dict[str, Any], growth: float, slots: float | None
) -> None:
    learned = learn_capacity(Capacity(), seen(fast=100, **readings), None, growth)
    assert learned.slots == (None if slots is None else pytest.approx(slots))


def test_a_backlog_that_is_drained_is_no_demand_where_completions_are_counted() -> None:
    """300 a second arrive, 100 are served until more pods are Ready, then 600."""
    sample, backlog, served = None, 0.0, [100.0] * 12
    for time in range(0, 200, 5):
        throughput = 100.0 if time < 60 else 600.0
        served.append(min(throughput, 300 + backlog / 5))
        backlog = max(0.0, backlog + 5 * (300 - served[-1]))
        rates = {5.0: served[-1], 15.0: sum(served[-3:]) / 3, 60.0: sum(served[-12:]) / 12}
        readings = Readings(requests_per_second=rates, queue_depth=backlog)
        demand = estimate_demand(readings, time, sample, 1.0, throughput)
        assert demand is not None
        if time >= 10:
            assert demand.rate == pytest.approx(300, rel=0.1), time
        sample = demand.sample
    assert sample is not None
    assert sample.completions


@pytest.mark.parametrize("missing", [0, 1], ids=["windows are whole", "samples cover less"])
def test_completions_in_two_windows_swing_no_demand(missing: int) -> None:
    """As above, with the windows that everybody has."""
    sample, backlog, served = None, 0.0, [100.0] * 12
    for time in range(0, 200, 5):
        throughput = 100.0 if time < 60 else 600.0
        served.append(min(throughput, 300 + backlog / 5))
        backlog = max(0.0, backlog + 5 * (300 - served[-1]))
        fast, slow = 3 - missing, 12 - missing
        rates = {15.0: sum(served[-fast:]) / fast, 60.0: sum(served[-slow:]) / slow}
        readings = Readings(requests_per_second=rates, queue_depth=backlog)
        demand = estimate_demand(readings, time, sample, 1.0, throughput)
        assert demand is not None
        if time >= 20:
            assert demand.rate == pytest.approx(300, rel=0.1), time
        sample = demand.sample


def test_latency_that_may_hold_waiting_is_no_service_time() -> None:
    """After a backlog the mean latency of the last minute still holds what requests waited."""
    learned = Capacity(slots=4, service_seconds=0.06)
    for time, backlog, latency in ((0, 900, 0.5), (5, 0, 4.0), (70, 0, 2.0), (75, 0, 0.07)):
        observation = seen(
            time,
            fast=100,
            queue_depth=backlog,
            latency_mean_seconds=latency,
            service_seconds=None,
        )
        learned = learn_capacity(learned, observation, 4)
        assert learned.service_seconds == (0.07 if time == 75 else 0.06)


def test_readings_are_remembered_for_a_slow_window_that_is_still_filling() -> None:
    """A scrape each 30 s: twelve of them, and not three, tell a ramp from a step."""
    sample = None
    for scrape in range(10):
        rates = {30.0: 100.0, 90.0: 100.0, 360.0: 10.0 * scrape}
        readings = Readings(requests_per_second=rates, queue_depth=0)
        demand = estimate_demand(readings, 30.0 * scrape, sample, 1.0)
        assert demand is not None
        sample = demand.sample
    assert sample is not None
    assert len(sample.history) == 10


@pytest.mark.parametrize(
    ("slope", "rising"),
    [pytest.param(0.0, False, id="steady"), pytest.param(5.0, True, id="a ramp of 5/s a second")],
)
def test_a_rise_is_seen_where_only_one_window_is_known(slope: float, rising: bool) -> None:
    sample, seen_rising = None, False
    for tick in range(12):
        readings = Readings(requests_per_second={15.0: 500 + slope * 5 * tick}, queue_depth=0)
        demand = estimate_demand(readings, 5.0 * tick, sample, 1.0)
        assert demand is not None
        sample, seen_rising = demand.sample, demand.rising
    assert seen_rising is rising
