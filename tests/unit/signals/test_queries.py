"""What is asked for, by preset."""

import re
from dataclasses import replace

import pytest
from pydantic import ValidationError

from bytebridge.api.metrics import Metrics, Preset, Queries
from bytebridge.signals.presets import PRESETS as NAMES
from bytebridge.signals.queries import ON_DEMAND, PRESENT, plan_queries
from bytebridge.signals.unknown import never_known
from unit.signals.build import PRESETS, custom, metrics, target

LLM = ("timeToFirstToken", "kvCacheUtilization", "tokenRate")
RATE, QUEUE, BUSY, FEW = "requests_per_second", "queue_depth", "in_flight", "in_flight_p10"
P95, MEAN, SERVICE, FAST, PODS = (
    "latency_p95_seconds",
    "latency_mean_seconds",
    "service_seconds",
    "fast_service_seconds",
    "coverage",
)


@pytest.mark.parametrize(
    ("preset", "fields"),
    [
        (Preset.FASTAPI, {RATE, BUSY, FEW, P95, MEAN, PODS}),
        (Preset.VLLM, {RATE, QUEUE, BUSY, P95, MEAN, SERVICE, FAST, PODS}),
        (Preset.TRITON, {RATE, QUEUE, MEAN, SERVICE, FAST, PODS}),
        (Preset.TGI, {RATE, QUEUE, BUSY, P95, MEAN, SERVICE, FAST, PODS}),
        (Preset.TEI, {RATE, QUEUE, P95, MEAN, SERVICE, FAST, PODS}),
        (Preset.RAY_SERVE, {RATE, QUEUE, BUSY, P95, MEAN, SERVICE, FAST, PODS}),
        (Preset.BENTOML, {RATE, BUSY, FEW, P95, MEAN, PODS}),
        (Preset.TORCHSERVE, {RATE, MEAN, SERVICE, FAST, PODS}),
        (Preset.CELERY, {RATE, QUEUE, SERVICE, FAST}),
        (Preset.RABBITMQ, {RATE, QUEUE, BUSY}),
        (Preset.REDIS_STREAM, {RATE, QUEUE, BUSY}),
    ],
)
def test_fields_of_a_preset(preset: Preset, fields: set[str]) -> None:
    plan = plan_queries([target("a", metrics(preset))])
    asked = {signal.field for wanted in plan.values() for signals in wanted.values() for signal in
             signals}  # fmt: skip
    assert asked == fields | {PRESENT}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_number_of_queries_does_not_depend_on_that_of_services(preset: Preset) -> None:
    one = plan_queries([target("a", metrics(preset))])
    many = plan_queries([target(f"s{n}", metrics(preset, f"q{n}")) for n in range(500)])
    assert one.keys() == many.keys()


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_asks_for_the_labels_of_its_origin(preset: Preset) -> None:
    origin = NAMES[preset].origin
    for query in plan_queries([target("a", metrics(preset))]):
        assert query.match == origin.match
        assert f"by ({', '.join(origin.grouping)}" in query.text


@pytest.mark.parametrize(
    ("preset", "names"),
    [
        (Preset.BENTOML, ("queueDepth", "serviceTime", "cpuUtilization", *LLM)),
        (Preset.TORCHSERVE, ("queueDepth", "inFlight", "latency", "cpuUtilization", *LLM)),
        (Preset.CELERY, ("inFlight", "latency", "latencyMean", "cpuUtilization", *LLM, "coverage")),
    ],
)
def test_what_a_preset_cannot_give(preset: Preset, names: tuple[str, ...]) -> None:
    assert never_known(preset) == names


def test_a_custom_rate_replaces_every_window_of_the_preset() -> None:
    queries = Queries(request_rate="mine[$window]")
    plan = plan_queries([target("a", metrics(Preset.FASTAPI, queries=queries))])
    asked = [
        query.text
        for query, wanted in plan.items()
        if any(signal.field == RATE for signal in wanted["n", "a"])
    ]
    assert asked == ["mine[15s]", "mine[60s]"]


@pytest.mark.parametrize(
    ("preset", "queries", "asked"),
    [
        pytest.param(Preset.FASTAPI, {}, True, id="one gauge for all that is in progress"),
        pytest.param(Preset.BENTOML, {}, True, id="another"),
        pytest.param(Preset.FASTAPI, {"in_flight": "mine"}, False, id="somebody else's gauge"),
        pytest.param(Preset.FASTAPI, {"queue_depth": "mine"}, False, id="a queue of the user's"),
        pytest.param(Preset.VLLM, {}, False, id="what waits is told"),
        pytest.param(Preset.TORCHSERVE, {}, False, id="no gauge"),
        pytest.param(Preset.RABBITMQ, {}, False, id="of no pods"),
    ],
)
def test_pods_with_few_in_progress_are_asked_for_where_the_waiting_are_among_them(
    preset: Preset, queries: dict[str, str], asked: bool
) -> None:
    service = target("a", metrics(preset, queries=Queries(**queries)))
    fields = {
        signal.field for wanted in plan_queries([service]).values() for signal in wanted["n", "a"]
    }
    assert (FEW in fields) is asked


def test_the_service_time_is_asked_for_over_both_windows() -> None:
    plan = plan_queries([target("a", metrics(Preset.VLLM))])
    texts = {
        signal.field: query.text for query, wanted in plan.items() for signal in wanted["n", "a"]
    }
    assert texts[FAST] == texts[SERVICE].replace("[60s]", "[15s]") != texts[SERVICE]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("mine[$window]", {SERVICE: "mine[60s]", FAST: "mine[15s]"}),
        ("mine[5m]", {SERVICE: "mine[5m]", FAST: "mine[5m]"}),
    ],
)
def test_a_custom_service_time_is_asked_for_in_both_windows(
    text: str, asked: dict[str, str]
) -> None:
    plan = plan_queries([custom("a", serviceTime=text)])
    texts = {
        signal.field: query.text
        for query, wanted in plan.items()
        for signal in wanted["n", "a"]
        if signal.field in {SERVICE, FAST}
    }
    assert texts == asked
    assert len(plan) == len(set(asked.values())), "one query for what reads the same"


def test_a_query_that_names_its_service_is_its_own() -> None:
    text = 'sum(depth{service="$service"})'
    plan = plan_queries([custom("a", queueDepth=text), custom("b", queueDepth=text)])
    assert {query.text: query.for_service for query in plan} == {
        'sum(depth{service="a"})': ("n", "a"),
        'sum(depth{service="b"})': ("n", "b"),
    }


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"preset": "celery"}, "queueName"),
        ({"preset": "rabbitmq"}, "queueName"),
        ({"preset": "redis-stream", "consumerGroup": "g"}, "queueName"),
        ({"preset": "redis-stream", "queueName": "s"}, "consumerGroup"),
        ({"preset": "rabbitmq", "queueName": "q", "consumerGroup": "g"}, "consumerGroup"),
    ],
)
def test_a_broker_needs_a_queue(spec: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError, match=f"spec.metrics.{field}"):
        Metrics.model_validate(spec)


@pytest.mark.parametrize("preset", PRESETS)
def test_matchers_choose_the_pods_of_a_service_that_is_not_labelled_yet(preset: Preset) -> None:
    chosen = 'namespace="n", pod=~"a-.+"'
    origin = NAMES[preset].origin
    service = target("a", metrics(preset))
    plan = plan_queries([replace(service, matchers=chosen, objectives=ON_DEMAND)])
    for query in plan:
        names = re.findall(r"[a-z_:]+(?=\{)", query.text)
        if origin.of_pods:
            assert names
            assert query.text.count(chosen) == len(names), "each metric is chosen by them"
            assert re.search(r"\b(rate|last_over_time)\([a-z_:]+\[", query.text) is None
            assert query.match == ()
            by_pod = "count by" in query.text or "quantile by" in query.text
            assert ('pod!=""' in query.text) == by_pod
        else:
            assert not names, "a broker's exporter is told by the queue's name"


@pytest.mark.parametrize(
    ("preset", "wanted", "texts"),
    [
        (Preset.VLLM, "first_token_seconds", ["vllm:time_to_first_token_seconds_bucket"]),
        (Preset.VLLM, "kv_cache_utilization", ["vllm:kv_cache_usage_perc", "gpu_cache_usage"]),
        (Preset.VLLM, "tokens_per_second", ["prompt_tokens_total", "generation_tokens_total"]),
        (Preset.TGI, "tokens_per_second", ["input_length_sum", "generated_tokens_sum"]),
        (Preset.TGI, "kv_cache_utilization", []),
        (Preset.FASTAPI, "first_token_seconds", []),
    ],
)
def test_signals_of_an_objective_are_asked_for_with_it(
    preset: Preset, wanted: str, texts: list[str]
) -> None:
    service = replace(target("a", metrics(preset)), objectives=frozenset({wanted}))
    found = [
        query.text
        for query, asked in plan_queries([service]).items()
        if any(signal.field == wanted for signal in asked["n", "a"])
    ]
    assert len(found) == (1 if texts else 0)
    assert all(text in found[0] for text in texts)


def test_a_query_of_an_objective_replaces_the_presets() -> None:
    queries = Queries(kv_cache_utilization="mine")
    service = replace(
        target("a", metrics(Preset.VLLM, queries=queries)),
        objectives=frozenset({"kv_cache_utilization"}),
    )
    texts = [query.text for query in plan_queries([service])]
    assert "mine" in texts
    assert not any("cache_usage" in text for text in texts)
