"""Which past is asked for, and when."""

from dataclasses import replace

import pytest

from bytebridge.api.metrics import Metrics, Preset
from bytebridge.signals import past
from bytebridge.signals.connection import PrometheusConnection
from bytebridge.signals.dealing import Vector
from bytebridge.signals.past import Past
from bytebridge.signals.queries import Query
from bytebridge.signals.recorded_rates import (
    PAST_SECONDS,
    past_rate_query,
    past_span,
    read_past_rates,
)
from unit.signals.build import Refusing, custom, metrics, target

DAY = 86_400.0


def test_pods_by_our_label_else_by_their_names() -> None:
    query = past_rate_query(target("nlp", metrics(Preset.TRITON)), "classifier", 300)
    assert query == Query(
        "sum by (namespace) (rate(nv_inference_request_success{"
        'namespace="n", scaling_bytebridge_io_service="nlp"}[300s])) or '
        "sum by (namespace) (rate(nv_inference_request_success{"
        'namespace="n", pod=~"classifier-[a-z0-9]+-[a-z0-9]{5}", '
        'scaling_bytebridge_io_service=""}[300s]))',
        match=(),
        for_service=("n", "nlp"),
    )


def test_an_exporter_is_asked_for_this_service_alone() -> None:
    query = past_rate_query(target("nlp", metrics(Preset.CELERY)), "nlp", 300)
    assert query is not None
    assert '{queue_name="jobs"}' in query.text
    assert query.match == ("queue_name",)
    assert query.for_service is None, "which of two namespaces is meant, the answer has to tell"


@pytest.mark.parametrize(
    ("text", "for_service"),
    [
        pytest.param("rate(x[$window])", None, id="shared"),
        pytest.param('rate(x{app="$service"}[$window])', ("n", "a"), id="of one service"),
    ],
)
def test_a_query_of_ones_own(text: str, for_service: tuple[str, str] | None) -> None:
    query = past_rate_query(custom("a", requestRate=text), "a", 300)
    assert query is not None
    assert "[300s]" in query.text
    assert query.for_service == for_service


def test_where_no_rate_is_told_nothing_is_asked() -> None:
    assert past_rate_query(custom("a", queueDepth="x"), "a", 300) is None


@pytest.mark.parametrize("present", [1_000.0, 1_199.9, 1_200.0])
def test_intervals_end_with_the_readers_and_are_over(present: float) -> None:
    span = past_span(present, 1_700_000_000.0)
    last = span.end - 1_700_000_000.0
    assert last % 300 == 0
    assert present - 300 < last <= present
    assert span.end - span.start == PAST_SECONDS
    assert span.points == PAST_SECONDS / 300 + 1


@pytest.mark.parametrize(("series", "requests"), [(1, 1), (10, 1), (100, 9), (1_000_000, 4_321)])
async def test_answers_stay_small(
    series: int, requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Refusing(50_000)
    monkeypatch.setattr(past, "ask_range", asked)
    service = target("a", Metrics())
    query = replace(Query("x"), for_service=service.key)
    async with Past(PrometheusConnection("http://127.0.0.1:9"), 1) as source:
        found = await read_past_rates(source, query, [service], 20 * DAY, series=series)
    assert len(asked.asked) == requests
    middles = [5 * DAY - 150.0 + 300.0 * bucket for bucket in range(4_321)]
    assert found[service.key] == [(middle, 1.0) for middle in middles]


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-1"])
async def test_what_is_no_rate_is_unknown(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask_range(*_: object) -> Vector:
        return [{"metric": {}, "values": [[5 * DAY, value], [5 * DAY + 300, "2"]]}]

    monkeypatch.setattr(past, "ask_range", ask_range)
    service = target("a", Metrics())
    query = replace(Query("x"), for_service=service.key)
    async with Past(PrometheusConnection("http://127.0.0.1:9"), 1) as source:
        found = await read_past_rates(source, query, [service], 20 * DAY)
    assert found[service.key] == [(5 * DAY + 150, 2.0)]
