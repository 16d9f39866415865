"""The past of request rates, out of a real Prometheus."""

import time

import pytest

from bytebridge.api.metrics import Metrics, Preset, Queries
from bytebridge.signals.connection import PrometheusConnection
from bytebridge.signals.past import Past
from bytebridge.signals.queries import SignalTarget
from bytebridge.signals.recorded_rates import past_rate_query, read_past_rates
from integration.signals.conftest import StartPrometheus
from support.recorded_past import CounterSeries, write_past

HOUR = 3_600.0
STEP = 300
END = time.time() // STEP * STEP - HOUR
INSTALLED = END - 24 * HOUR
BEGIN = END - 48 * HOUR


def pods(labels: str, rate: float, begin: float, end: float) -> CounterSeries:
    return CounterSeries(labels, lambda _: rate, begin, end)


NAMELESS = 'namespace="legal",pod="nlp-6d4cf56db6-x2v9k"'
OURS = 'namespace="legal",scaling_bytebridge_io_service="nlp"'
PAST = [
    pods(NAMELESS, 3.0, BEGIN, INSTALLED),
    pods(f'{OURS},pod="nlp-7f9c4-abcde"', 5.0, INSTALLED, END),
    pods(f'{OURS},pod="nlp-7f9c4-fghij"', 2.0, INSTALLED, END),
    # Of others, whose names begin alike.
    pods('namespace="legal",pod="nlp-v2-6d4cf56db6-x2v9k"', 100.0, BEGIN, END),
    pods('namespace="legal",pod="nlp-0"', 100.0, BEGIN, END),
    pods('namespace="other",pod="nlp-6d4cf56db6-x2v9k"', 100.0, BEGIN, END),
    CounterSeries('application="a",namespace="legal"', lambda _: 4.0, BEGIN, END, "gateway"),
    CounterSeries('application="b",namespace="legal"', lambda _: 6.0, BEGIN, END, "gateway"),
]


@pytest.fixture(scope="module")
def url(start_prometheus: StartPrometheus) -> str:
    return start_prometheus(False, past=lambda data: write_past(data, PAST))


def of_pods(name: str) -> SignalTarget:
    return SignalTarget("legal", name, Metrics(preset=Preset.FASTAPI), 0.95, 0)


def by_gateway(name: str, text: str) -> SignalTarget:
    queries = Queries.model_validate({"requestRate": text})
    return SignalTarget("legal", name, Metrics(preset=Preset.CUSTOM, queries=queries), 0.95, 0)


SHARED = (
    "label_replace(sum by (namespace, application) (rate(gateway_total[$window])), "
    '"scaling_bytebridge_io_service", "$1", "application", "(.*)")'
)
OWN = 'sum(rate(gateway_total{application="a"}[$window])) * on() group(vector(1)) # $service'


async def rates(url: str, *targets: SignalTarget) -> dict[str, dict[float, float]]:
    """By service: points, in hours since the begin."""
    query = past_rate_query(targets[0], targets[0].name, STEP)
    assert query is not None
    offset = 3_334.0 * STEP
    async with Past(PrometheusConnection(url), 1) as past:
        found = await read_past_rates(past, query, targets, END - offset, offset, len(targets))
    to_end = offset + STEP / 2 - BEGIN
    return {
        name: {round((middle + to_end) / HOUR, 2): rate for middle, rate in points}
        for (_, name), points in found.items()
    }


async def test_pods_are_told_by_their_names_until_they_carry_our_label(url: str) -> None:
    found = (await rates(url, of_pods("nlp")))["nlp"]
    assert found[10.0] == pytest.approx(3.0)
    assert found[23.0] == pytest.approx(3.0)
    assert found[25.0] == pytest.approx(7.0)
    assert found[47.0] == pytest.approx(7.0)
    assert len(found) >= 2 * 286, "the begin of a series is no rate yet"
    assert max(found.values()) < 8.0


async def test_a_query_of_ones_own_is_read_for_all_who_share_it(url: str) -> None:
    found = await rates(url, by_gateway("a", SHARED), by_gateway("b", SHARED))
    assert found["a"][24.0] == pytest.approx(4.0)
    assert found["b"][24.0] == pytest.approx(6.0)


async def test_a_query_of_one_service(url: str) -> None:
    found = await rates(url, by_gateway("a", OWN))
    assert found["a"][24.0] == pytest.approx(4.0)


async def test_who_has_no_past_has_none(url: str) -> None:
    assert await rates(url, of_pods("new")) == {"new": {}}


async def test_a_query_that_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="parse error"):
        await rates(url, by_gateway("a", "rate(gateway_total[$window]"))
