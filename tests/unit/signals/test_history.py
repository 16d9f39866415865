"""Ranges are read in parts, and dealt tick by tick as the operator deals them."""

from collections import Counter
from dataclasses import replace

import pytest

from bytebridge.api.metrics import Preset
from bytebridge.scaling.observation import Replicas
from bytebridge.signals import history, past
from bytebridge.signals.connection import PrometheusConnection, Span
from bytebridge.signals.dealing import Vector
from bytebridge.signals.history import ReplicaQueries, by_tick, read_history, replica_queries
from bytebridge.signals.past import HistoryError, Past
from bytebridge.signals.presets import own_label
from bytebridge.signals.queries import Query
from unit.signals.build import Refusing, metrics, target

SERVICE = target("a", metrics(Preset.VLLM))
REPLICAS = replica_queries(SERVICE, "a", None)


def test_range_results_become_instant_vectors() -> None:
    span, rate, depth = Span(100.0, 110.0, 5.0), Query("rate"), Query("depth")
    matrices: dict[Query, Vector] = {
        rate: [{"metric": {"x": "1"}, "values": [[100, "1"], [110, "3"]]}],
        depth: [{"metric": {}, "values": [[105.0, "7"]]}, {"metric": {"y": "2"}, "values": []}],
    }
    first, second, third = by_tick(matrices, span)
    assert first == {rate: [{"metric": {"x": "1"}, "value": [100, "1"]}]}
    assert second == {depth: [{"metric": {}, "value": [105.0, "7"]}]}
    assert third == {rate: [{"metric": {"x": "1"}, "value": [110, "3"]}]}


def vector(value: str) -> Vector:
    return [{"metric": {}, "value": [0, value]}]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param({"d": "5", "r": "3"}, Replicas(5, 3, 2), id="two are starting"),
        pytest.param({"d": "3", "r": "5"}, Replicas(3, 5, 0), id="two are stopping"),
        pytest.param({"d": "5"}, Replicas(5, 5, 0), id="only what was set"),
        pytest.param({"r": "4"}, Replicas(4, 4, 0), id="only what was Ready"),
        pytest.param({"c": "6"}, Replicas(6, 6, 0), id="counted by their series"),
        pytest.param({"d": "5", "c": "6"}, Replicas(5, 5, 0), id="the Deployment goes first"),
        pytest.param({"d": "NaN"}, None, id="not a number"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_replicas(answers: dict[str, str], expected: Replicas | None) -> None:
    known = {Query(text): vector(value) for text, value in answers.items()}
    assert history._replicas(ReplicaQueries("d", "r", "c"), known) == expected


def test_queries_of_replicas() -> None:
    service = replace(target("a", metrics(Preset.VLLM)), matchers=own_label("n", "a"))
    found = replica_queries(service, "deploy", None)
    assert found.desired == 'max(kube_deployment_spec_replicas{namespace="n", deployment="deploy"})'
    assert found.counted is not None
    own = replica_queries(service, "deploy", "my_replicas")
    assert own == ReplicaQueries("my_replicas", "my_replicas", None)
    worker = replica_queries(target("w", metrics(Preset.CELERY)), "w", None)
    assert worker.counted is None, "an exporter's series are no pods"
    assert own_label("n", "a") == 'namespace="n", scaling_bytebridge_io_service="a"'


async def test_what_is_refused_altogether_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "ask_range", Refusing(0))
    async with Past(PrometheusConnection("http://127.0.0.1:9"), 4) as source:
        with pytest.raises(HistoryError, match="too many samples"):
            await read_history(source, SERVICE, REPLICAS, Span(0.0, 50.0, 5.0), lambda _: None)


async def test_a_query_that_is_refused_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask_range(*arguments: object) -> Vector:
        if "waiting" in str(arguments[3]):
            raise ValueError("parse error")
        return await Refusing(100)(*arguments)

    monkeypatch.setattr(past, "ask_range", ask_range)
    shares: list[float] = []
    async with Past(PrometheusConnection("http://127.0.0.1:9"), 4) as source:
        found = await read_history(source, SERVICE, REPLICAS, Span(0.0, 50.0, 5.0), shares.append)
    assert len(found.moments) == 11
    assert list(found.failures.values()) == ["parse error"]
    assert found.moments[0].replicas == Replicas(1, 1, 0)
    assert isinstance(found.unknown, Counter)
    assert shares == [1.0]
