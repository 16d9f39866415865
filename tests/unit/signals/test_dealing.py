"""What a result tells of which service."""

from typing import Any

import pytest

from bytebridge.api.metrics import Metrics, Preset, Queries
from bytebridge.api.names import SERVICE_SERIES_LABEL
from bytebridge.signals.dealing import values_by_service
from bytebridge.signals.queries import Query, SignalTarget, plan_queries


def series(service: str, *value: Any) -> dict[str, Any]:
    return {"metric": {"namespace": "n", SERVICE_SERIES_LABEL: service}, "value": [0, *value]}


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        pytest.param([series("a", "3"), series("b", "4")], {"a": 3, "b": 4}, id="by label"),
        pytest.param([], {}, id="empty"),
        pytest.param([series("a", "NaN")], {}, id="NaN"),
        pytest.param([series("a", "+Inf")], {}, id="infinite"),
        pytest.param([series("a", "7"), series("a", "1")], {}, id="two series for one service"),
        pytest.param([{"metric": {}, "value": [0, "5"]}], {}, id="no label in a shared query"),
        pytest.param([series("a")], {}, id="no value"),
        pytest.param([series("a", "x"), series("b", "1")], {"b": 1}, id="no number"),
    ],
)
def test_values(vector: list[dict[str, Any]], expected: dict[str, float]) -> None:
    dealt = values_by_service(Query("q"), vector)
    assert dealt == {("n", name): value for name, value in expected.items()}


def target(name: str, metrics: Metrics) -> SignalTarget:
    return SignalTarget("n", name, metrics, 0.95, 1)


def test_the_number_of_queries_does_not_depend_on_that_of_services() -> None:
    one = plan_queries([target("a", Metrics())])
    many = plan_queries([target(f"s{number}", Metrics()) for number in range(2_000)])
    assert one.keys() == many.keys()


def test_a_query_that_names_its_service_is_its_own() -> None:
    queries = Queries(queue_depth='sum(depth{service="$service"})')
    custom = Metrics(preset=Preset.CUSTOM, queries=queries)
    plan = plan_queries([target("a", custom), target("b", custom)])
    assert {query.text: query.for_service for query in plan} == {
        'sum(depth{service="a"})': ("n", "a"),
        'sum(depth{service="b"})': ("n", "b"),
    }
