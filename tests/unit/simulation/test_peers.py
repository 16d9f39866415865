"""The peers do what their documentation says."""

from dataclasses import replace

import pytest

from bytebridge.simulation.fleet import Pods
from bytebridge.simulation.policies.autoscaler import Sight
from bytebridge.simulation.policies.earliest import Earliest
from bytebridge.simulation.policies.hpa import HpaOnCpu
from bytebridge.simulation.policies.hpa_behavior import Behavior
from bytebridge.simulation.policies.hpa_metrics import PodMetric, by_average_value, by_pod_metric
from bytebridge.simulation.policies.keda import KedaOnQueue
from bytebridge.simulation.policies.kpa import Kpa
from bytebridge.simulation.policies.oracle import erlang_c, share_over
from bytebridge.simulation.prometheus import (
    LATENCY_BUCKETS,
    Fault,
    Outage,
    Prometheus,
    Sample,
)
from bytebridge.simulation.scenarios import SCENARIOS
from bytebridge.simulation.service_model import ServiceModel, Workload


@pytest.mark.parametrize(
    ("total", "pods", "expected"),
    [
        pytest.param(105.0, Pods(10, (0.0,) * 10, 0), 10, id="within the tolerance"),
        pytest.param(112.0, Pods(10, (0.0,) * 10, 0), 12, id="up, rounded up"),
        pytest.param(60.0, Pods(10, (0.0,) * 10, 0), 6, id="down"),
        pytest.param(200.0, Pods(20, (0.0,) * 5, 15), 20, id="starting pods share the metric"),
        pytest.param(0.0, Pods(5, (0.0,) * 5, 0), 0, id="nothing"),
    ],
)
def test_average_value(total: float, pods: Pods, expected: int) -> None:
    assert by_average_value(total, 10.0, pods) == expected


@pytest.mark.parametrize(
    ("metric", "desired", "expected"),
    [
        pytest.param(PodMetric(0.9, 10, 0, 0), 10, 13, id="up"),
        pytest.param(PodMetric(0.35, 10, 0, 0), 10, 5, id="down"),
        pytest.param(PodMetric(0.74, 10, 0, 0), 10, 10, id="within the tolerance"),
        pytest.param(PodMetric(1.0, 10, 0, 5), 15, 15, id="unready ones count as idle: no more"),
        pytest.param(PodMetric(1.0, 10, 0, 2), 12, 15, id="unready ones dampen"),
        pytest.param(PodMetric(0.35, 10, 0, 5), 15, 5, id="unready ones do not count down"),
        pytest.param(PodMetric(0.14, 10, 2, 0), 12, 5, id="missing ones use all of their request"),
        pytest.param(PodMetric(0.35, 10, 10, 0), 20, 20, id="with these nothing is left to do"),
        pytest.param(PodMetric(1.0, 10, 10, 0), 20, 20, id="missing ones turn it: stay"),
        pytest.param(PodMetric(1.0, 0, 5, 0), 5, 5, id="no pod is measured"),
    ],
)
def test_pod_metric(metric: PodMetric, desired: int, expected: int) -> None:
    assert by_pod_metric(metric, 0.7, desired) == expected


def test_behavior_holds_what_it_finds_for_five_minutes_and_keeps_one() -> None:
    behavior, replicas, seen = Behavior(), 8, {}
    for sync in range(25):
        replicas = behavior.settle(sync * 15.0, replicas, 0)
        seen[sync * 15] = replicas
    assert (seen[0], seen[285], seen[300], seen[360]) == (8, 8, 1, 1)


def test_behavior_doubles_or_adds_four_in_a_period() -> None:
    behavior, replicas, seen = Behavior(), 3, []
    for sync in range(6):
        replicas = behavior.settle(sync * 15.0, replicas, 100)
        seen.append(replicas)
    assert seen == [7, 14, 28, 56, 100, 100]


def test_behavior_goes_down_to_the_most_of_five_minutes() -> None:
    behavior = Behavior()
    replicas = behavior.settle(0.0, 20, 20)
    course = []
    for sync in range(1, 25):
        replicas = behavior.settle(sync * 15.0, replicas, 8 if sync == 3 else 5)
        course.append((sync * 15, replicas))
    assert [r for t, r in course if t < 300] == [20] * 19
    assert dict(course)[300] == 8
    assert dict(course)[345] == 5


OLD = (0.0,) * 10


def scraped(waiting: int, until: float, *outages: Outage, busy: int = 4) -> Prometheus:
    """So many waiting and so many slots busy at each scrape."""
    prometheus = Prometheus(ingestion_seconds=0.1, outages=outages)
    buckets = (0,) * len(LATENCY_BUCKETS)
    for time in range(0, int(until) + 1, 5):
        prometheus.ingest(
            Sample(float(time), 0, 0, 0.0, 0.0, busy * float(time), buckets, waiting, busy)
        )
    return prometheus


def ready(*since: float, starting: int = 0) -> Pods:
    return Pods(len(since) + starting, since, starting)


@pytest.mark.parametrize(
    ("pods", "expected"),
    [
        pytest.param(ready(*OLD), 15, id="ten pods, all busy: 10 / 0.7"),
        pytest.param(ready(*OLD, *(44.0,) * 2), 15, id="two became Ready: not asked for less"),
        pytest.param(ready(*OLD, *(44.0,) * 4), 14, id="four became Ready: idle, within tolerance"),
        pytest.param(ready(*OLD, starting=4), 14, id="four are starting: the same"),
        pytest.param(ready(*OLD, *(29.0,) * 4), 14, id="four more that share the load: on target"),
        pytest.param(ready(*OLD * 3), 30, id="a third busy, but held for five minutes"),
    ],
)
def test_hpa_on_cpu_believes_pods_that_were_measured_twice(pods: Pods, expected: int) -> None:
    hpa = HpaOnCpu(SCENARIOS["step-30"].setting(Workload([], [], [])))
    prometheus = scraped(0, 46.0, busy=20)
    assert hpa.desired(Sight(46.0, pods, prometheus, 20, 30.0)) == expected


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(None, 40, id="200 waiting, 5 a replica"),
        pytest.param(Fault.UNANSWERED, 30, id="an error keeps"),
        pytest.param(Fault.EMPTY, 0, id="empty is nothing"),
        pytest.param(Fault.NAN, 0, id="NaN is nothing"),
        pytest.param(Fault.SCRAPES_FAIL, 0, id="a series that has ended is empty"),
    ],
)
def test_keda_takes_no_answer_for_no_work(fault: Fault | None, expected: int) -> None:
    outages = (Outage(300.0, 700.0, fault),) if fault else ()
    keda = KedaOnQueue(SCENARIOS["step-30"].setting(Workload([], [], [])))
    replicas = 30
    for sync in range(41):
        now = 15.0 * sync + 1
        pods = Pods(replicas, (0.0,) * replicas, 0)
        waiting = 150 if now < 300 else 200
        replicas = keda.desired(Sight(now, pods, scraped(waiting, now, *outages), 0, 30.0))
    assert replicas == max(1, expected), "five minutes later"


def test_keda_wakes_at_a_poll_and_sleeps_after_the_cooldown() -> None:
    scenario = replace(SCENARIOS["step-30"], min_replicas=0)
    keda = KedaOnQueue(scenario.setting(Workload([], [], [])))
    replicas, seen = 0, {}
    for sync in range(60):
        now = 15.0 * sync + 1
        waiting = 3 if 40 < now < 100 else 0
        pods = Pods(replicas, (0.0,) * replicas, 0)
        replicas = keda.desired(Sight(now, pods, scraped(waiting, now), 0, 30.0))
        seen[now] = replicas
    assert [t for t, r in seen.items() if r == 0][-1] == 15.0 * 59 + 1
    assert min(t for t, r in seen.items() if r) == 61.0, "the poll after 46 s, when it was missed"
    assert max(t for t, r in seen.items() if r) == 406.0, "the poll at 421 s is beyond 91 + 300 s"


def look(kpa: Kpa, start: int, seconds: int, in_system: int, ready: int) -> int:
    """The desired replicas after some seconds at a concurrency."""
    prometheus = Prometheus(ingestion_seconds=0.1, outages=())
    desired = 0
    for second in range(start, start + seconds):
        pods = Pods(ready, (0.0,) * ready, 0)
        desired = kpa.desired(Sight(float(second), pods, prometheus, in_system, 30.0))
    return desired


@pytest.fixture
def kpa() -> Kpa:
    return Kpa(SCENARIOS["step-30"].setting(Workload([], [], [])))


def test_kpa_follows_the_stable_window(kpa: Kpa) -> None:
    assert look(kpa, 0, 60, 14, 10) == 10
    assert look(kpa, 60, 30, 21, 10) == 13


def test_kpa_panics_at_twice_its_pods_and_does_not_go_down_amid_it(kpa: Kpa) -> None:
    look(kpa, 0, 60, 14, 10)
    assert look(kpa, 60, 6, 70, 10) == 50
    assert look(kpa, 66, 54, 14, 10) == 50
    assert look(kpa, 120, 40, 14, 50) == 25, "at most half away in a tick"


def test_kpa_grows_by_no_more_than_a_thousand_times_in_a_tick(kpa: Kpa) -> None:
    assert look(kpa, 0, 60, 10_000, 1) == 1000


def test_kpa_stays_in_panic_for_a_stable_window_after_the_threshold_was_last_crossed(
    kpa: Kpa,
) -> None:
    look(kpa, 0, 60, 14, 10)
    look(kpa, 60, 6, 70, 10)
    assert look(kpa, 66, 30, 70, 10) == 50, "crossed until now"
    assert look(kpa, 96, 58, 14, 50) == 50, "still in panic"
    assert look(kpa, 154, 8, 14, 50) == 25


def sights(
    rates: list[float], times: list[float], model: ServiceModel, in_system: int = 0
) -> list[int]:
    """What `earliest` asks for, tick by tick; scrapes are at multiples of 5 s."""
    setting = replace(SCENARIOS["step-30"], model=model).setting(Workload([], [], rates))
    earliest, desired, asked = Earliest(setting), 5, []
    for now in times:
        pods = Pods(desired, (0.0,) * min(desired, 5), max(0, desired - 5))
        desired = earliest.desired(Sight(now, pods, scraped(0, now - 1), in_system, 30.0))
        asked.append(desired)
    return asked


STEP = [100.0] * 300 + [1000.0] * 300


@pytest.mark.parametrize(
    ("rates", "times", "model", "in_system", "expected"),
    [
        pytest.param(STEP, [296.0, 299.0, 304.0], ServiceModel(), 0, [5, 5, 100], id="a step"),
        pytest.param(
            [100.0] * 300 + [109.0] * 300, [290.0, 310.0], ServiceModel(), 0, [5, 5], id="no rise"
        ),
        pytest.param(STEP, [290.0, 310.0, 341.0, 346.0], ServiceModel(), 0, [5, 100, 100, 100],
            id="the load of before is remembered",
        ),
        pytest.param(STEP, [290.0, 310.0, 596.0, 640.0], ServiceModel(), 0, [5, 100, 43, 43],
            id="until they are Ready, and then what is 70 % busy",
        ),
        pytest.param(STEP, [290.0, 310.0, 596.0, 640.0], ServiceModel(), 999, [5, 100, 100, 100],
            id="until nothing waits any more",
        ),
        pytest.param([100.0] * 600, [290.0, 310.0],
            ServiceModel(slowdown_at=300, slowdown=1.67), 0, [5, 100], id="requests take longer",
        ),
        pytest.param(STEP, [290.0, 310.0], ServiceModel(database_replicas=24), 0, [5, 100],
            id="a full database, and idle replicas that do no harm",
        ),
        pytest.param(STEP, [290.0, 310.0],
            ServiceModel(database_replicas=24, idle_replicas_count=True), 0, [5, 24],
            id="idle replicas that burden it",
        ),
    ],
)  # fmt: skip
def test_earliest_asks_for_all_at_the_first_sample_that_shows_a_rise(
    rates: list[float],
    times: list[float],
    model: ServiceModel,
    in_system: int,
    expected: list[int],
) -> None:
    assert sights(rates, times, model, in_system) == expected


def test_earliest_keeps_what_stands_while_there_are_no_samples() -> None:
    setting = SCENARIOS["step-30"].setting(Workload([], [], STEP))
    empty = Prometheus(ingestion_seconds=0.1, outages=())
    assert Earliest(setting).desired(Sight(310.0, Pods(7, (0.0,) * 7, 0), empty, 0, 30.0)) == 7


@pytest.mark.parametrize(
    ("slots", "load", "expected"),
    [
        pytest.param(1, 0.5, 0.5, id="M/M/1 waits with its utilization"),
        pytest.param(2, 1.0, 1 / 3, id="M/M/2 at half"),
        pytest.param(10, 8.0, 0.4092, id="a table's value"),
    ],
)
def test_erlang_c(slots: int, load: float, expected: float) -> None:
    assert erlang_c(slots, load) == pytest.approx(expected, abs=1e-4)


def test_oracle_formula_falls_with_slots_to_what_service_time_alone_puts_over() -> None:
    shares = [share_over(0.2, 1000, slots, 0.06, 0.5) for slots in range(61, 90)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == pytest.approx(share_over(0.2, 0, 1, 0.06, 0.5), rel=0.01)
    assert share_over(0.2, 1000, 60, 0.06, 0.5) == 1.0
