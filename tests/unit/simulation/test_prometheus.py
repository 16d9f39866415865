"""Queries as PromQL answers them."""

import pytest

from bytebridge.simulation.prometheus import (
    LATENCY_BUCKETS,
    CpuUse,
    Fault,
    Outage,
    Prometheus,
    Sample,
    histogram_quantile,
    rate,
)


def sample(time: float, arrived: int = 0, busy: float = 0.0) -> Sample:
    return Sample(time, arrived, 0, 0.0, 0.0, busy, (0,) * len(LATENCY_BUCKETS), 7, 3)


def scraped(*outages: Outage, until: int = 60) -> Prometheus:
    """100 requests/s, scraped every 5 s."""
    prometheus = Prometheus(ingestion_seconds=0.1, outages=outages)
    for time in range(0, until + 1, 5):
        prometheus.ingest(sample(float(time), arrived=1000 + 100 * time, busy=6.0 * time))
    return prometheus


@pytest.mark.parametrize(
    ("points", "start", "end", "expected"),
    [
        pytest.param([], 0.0, 15.0, None, id="no sample"),
        pytest.param([(10.0, 5.0)], 0.0, 15.0, None, id="one sample"),
        pytest.param([(5, 1000), (10, 1500), (15, 2000)], 0.0, 15.0, 100.0, id="to both ends"),
        pytest.param([(5, 1000), (10, 1500)], 0.0, 12.0, 100.0, id="less than 1.1 intervals after"),
        pytest.param(
            [(20, 1000), (25, 1500)],
            0.0,
            60.0,
            1000 / 60,
            id="half an interval where it ends early",
        ),
        pytest.param([(5, 0), (10, 500)], 0.0, 10.0, 50.0, id="not beyond the counter's zero"),
        pytest.param([(5, 100), (10, 100)], 0.0, 15.0, 0.0, id="nothing came"),
    ],
)
def test_rate_extrapolates_as_promql(
    points: list[tuple[float, float]], start: float, end: float, expected: float | None
) -> None:
    answer = rate(points, start, end)
    assert answer == (pytest.approx(expected) if expected is not None else None)


@pytest.mark.parametrize(
    ("quantile", "expected"),
    [
        pytest.param(0.25, 0.0025, id="within the first bucket"),
        pytest.param(0.75, 0.0075, id="within the second"),
        pytest.param(0.5, 0.005, id="on a bound"),
    ],
)
def test_quantile_is_linear_within_the_bucket(quantile: float, expected: float) -> None:
    buckets = [50.0, 100.0, *([100.0] * (len(LATENCY_BUCKETS) - 2))]
    assert histogram_quantile(quantile, buckets, 100.0) == pytest.approx(expected)


def test_quantile_beyond_the_last_bound_is_that_bound() -> None:
    assert histogram_quantile(0.95, [0.0] * len(LATENCY_BUCKETS), 10.0) == LATENCY_BUCKETS[-1]
    assert histogram_quantile(0.95, [0.0] * len(LATENCY_BUCKETS), 0.0) is None


def test_a_scrape_is_not_seen_before_it_is_ingested() -> None:
    prometheus = scraped()
    before, after = prometheus.latest(60.05), prometheus.latest(60.15)
    assert before is not None
    assert after is not None
    assert (before.time, after.time) == (55.0, 60.0)


@pytest.mark.parametrize("fault", [Fault.UNANSWERED, Fault.EMPTY, Fault.NAN])
def test_nothing_is_known_while_queries_fail(fault: Fault) -> None:
    prometheus = scraped(Outage(40, 70, fault))
    assert prometheus.latest(61.0) is None
    assert prometheus.rate(lambda s: s.arrived, 60, 61.0) is None
    assert prometheus.latency(0.95, 60, 61.0) is None
    assert prometheus.cpu(15, 61.0) == CpuUse(45.0, 60.0, 90.0), "metrics-server goes on"
    assert prometheus.rate(lambda s: s.arrived, 60, 71.0) == pytest.approx(4500 * 51.5 / 45 / 60)


def test_gauges_are_absent_at_once_and_rates_live_on_when_scrapes_fail() -> None:
    prometheus = scraped(Outage(52, 70, Fault.SCRAPES_FAIL))
    assert prometheus.latest(61.0) is None
    assert prometheus.rate(lambda s: s.arrived, 60, 61.0) is not None
    assert prometheus.rate(lambda s: s.arrived, 10, 61.0) is None
    last = prometheus.last(15, 61.0)
    assert last is not None
    assert last.time == 50.0
    assert prometheus.last(10, 61.0) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(14.0, None, id="one scrape of metrics-server"),
        pytest.param(44.9, CpuUse(15.0, 30.0, 90.0), id="up to 15 s old"),
        pytest.param(45.0, CpuUse(30.0, 45.0, 90.0), id="the next scrape"),
    ],
)
def test_metrics_server_scrapes_at_fixed_times(now: float, expected: CpuUse | None) -> None:
    assert scraped().cpu(15, now) == expected
