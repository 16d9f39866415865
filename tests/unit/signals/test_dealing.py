"""What a result tells of which service; what is not known is never 0."""

from typing import Any

import pytest

from bytebridge.api.metrics import Preset, Queries
from bytebridge.api.names import SERVICE_SERIES_LABEL
from bytebridge.scaling.observation import Readings
from bytebridge.signals.dealing import Vector, deal, index_of, value_of
from bytebridge.signals.queries import PRESENT, Query, SignalTarget, plan_queries
from bytebridge.signals.unknown import Why
from unit.signals.build import PRESETS, custom, metrics, of, series, target

SERVICE = target("a", metrics(Preset.FASTAPI))
QUEUED = target("a", metrics(Preset.RABBITMQ))
OWN = custom("a", queueDepth="depth")
MINE = {SERVICE_SERIES_LABEL: "a"}


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        pytest.param([series("3", **MINE)], 3, id="by label"),
        pytest.param([], Why.NO_SERIES, id="empty"),
        pytest.param([series("3", "other", **MINE)], Why.NO_SERIES, id="another namespace"),
        pytest.param([series("NaN", **MINE)], Why.NOT_A_NUMBER, id="NaN"),
        pytest.param([series("+Inf", **MINE)], Why.NOT_A_NUMBER, id="infinite"),
        pytest.param([series("-1", **MINE)], Why.NOT_A_NUMBER, id="negative"),
        pytest.param([series("x", **MINE)], Why.NOT_A_NUMBER, id="no number"),
        pytest.param([{"metric": {"namespace": "n", **MINE}}], Why.NOT_A_NUMBER, id="no value"),
        pytest.param([series("7", **MINE), series("1", **MINE)], Why.SEVERAL_SERIES, id="two"),
        pytest.param([series("5")], Why.NO_SERIES, id="no label"),
    ],
)
def test_value_of_pods(vector: Vector, expected: float | Why) -> None:
    query = Query("q")
    assert value_of(query, index_of(query, vector), SERVICE) == expected


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        pytest.param([series("3", queue="jobs")], 3, id="own namespace"),
        pytest.param([series("3", "brokers", queue="jobs")], 3, id="another namespace"),
        pytest.param(
            [series("9", "brokers", queue="jobs"), series("3", queue="jobs")], 3, id="own first"
        ),
        pytest.param(
            [series("9", "x", queue="jobs"), series("3", "y", queue="jobs")],
            Why.SEVERAL_SERIES,
            id="two brokers",
        ),
        pytest.param(
            [series("9", queue="jobs", vhost="/"), series("3", queue="jobs", vhost="v")],
            Why.SEVERAL_SERIES,
            id="two virtual hosts",
        ),
        pytest.param([series("9", queue="other")], Why.NO_SERIES, id="another queue"),
        pytest.param([series("9")], Why.NO_SERIES, id="a sum over all queues"),
    ],
)
def test_value_of_a_queue(vector: Vector, expected: float | Why) -> None:
    query = Query("q", ("queue",))
    assert value_of(query, index_of(query, vector), QUEUED) == expected


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_dealt_to_its_services(preset: Preset) -> None:
    services = [target(name, metrics(preset, f"queue-{name}"), ready=2) for name in "ab"]
    plan = plan_queries(services)
    answers = {
        query: of(services[0], query.match, "1") + of(services[1], query.match, "2")
        for query in plan
    }
    readings, explanations = _deal(services, answers)
    for service, value in zip(services, (1.0, 2.0), strict=True):
        got = readings[service.key]
        assert set(got.requests_per_second.values()) == {value}
        assert set(got.requests_per_second) == {5.0, 15.0, 60.0}
        assert got.queue_depth in {None, value}
    assert explanations == {}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", None, "twice"])
def test_what_is_not_known_is_not_zero(preset: Preset, value: str | None) -> None:
    service = target("a", metrics(preset))
    plan = plan_queries([service])
    answers: dict[Query, Vector] = {}
    if value == "twice":
        answers = {query: of(service, query.match, "0") * 2 for query in plan}
    elif value is not None:
        answers = {query: of(service, query.match, value) for query in plan}
    readings, explanations = _deal([service], answers)
    assert readings[service.key] == Readings()
    assert "requestRate" in explanations[service.key]


@pytest.mark.parametrize(
    ("preset", "own", "known"),
    [
        pytest.param(Preset.REDIS_STREAM, None, True, id="entries that were read"),
        pytest.param(Preset.REDIS_STREAM, "sum(rate(added[$window]))", None, id="an own query"),
        pytest.param(Preset.RABBITMQ, None, None, id="backlogs tell"),
    ],
)
def test_what_a_counter_is_known_to_count(
    preset: Preset, own: str | None, known: bool | None
) -> None:
    queries = Queries.model_validate({"requestRate": own} if own else {})
    service = target("a", metrics(preset).model_copy(update={"queries": queries}))
    plan = plan_queries([service])
    answers = {query: of(service, query.match, "1") for query in plan}
    readings, _ = _deal([service], answers)
    assert readings[service.key].completions is known


def test_zero_is_known() -> None:
    plan = plan_queries([SERVICE])
    readings, _ = _deal([SERVICE], {query: of(SERVICE, query.match, "0") for query in plan})
    assert readings["n", "a"].in_flight == 0.0


def _fields_answered(service: SignalTarget, *fields: str) -> dict[Query, Vector]:
    plan = plan_queries([service])
    return {
        query: of(service, query.match, "1")
        for query, wanted in plan.items()
        if any(signal.field in fields for signal in wanted[service.key])
    }


@pytest.mark.parametrize(
    ("service", "answered", "words"),
    [
        (SERVICE, (), ["no series", "scaling_bytebridge_io_service", "fastapi"]),
        (SERVICE, (PRESENT,), ["requestRate", "stale", "scraped every 5 s"]),
        (
            SERVICE,
            (PRESENT, "requests_per_second"),
            ["inFlight, latency, latencyMean: not exported"],
        ),
        (QUEUED, (), ["no series", 'queue="jobs"', "exporter"]),
        (QUEUED, (PRESENT,), ["queueDepth", "stale"]),
        (QUEUED, (PRESENT, "queue_depth"), ["requestRate, inFlight: not exported"]),
        (OWN, (), ["queueDepth: no series", "spec.metrics.queries"]),
    ],
)
def test_explanations(service: SignalTarget, answered: tuple[str, ...], words: list[str]) -> None:
    _, explanations = _deal([service], _fields_answered(service, *answered))
    for word in words:
        assert word in explanations[service.key]


def test_a_failure_concerns_only_those_who_asked() -> None:
    bad, good = custom("a", queueDepth="bad("), custom("b", queueDepth="good")
    answers = {Query("good", custom=True): of(good, (SERVICE_SERIES_LABEL,), "4")}
    failures = {Query("bad(", custom=True): "parse error"}
    readings, explanations = _deal([bad, good], answers, failures)
    assert explanations == {("n", "a"): "queueDepth: query failed: parse error"}
    assert readings["n", "b"].queue_depth == 4.0


def _deal(
    services: list[SignalTarget],
    answers: dict[Query, Vector],
    failures: dict[Query, str] | None = None,
) -> Any:
    by_key = {service.key: service for service in services}
    return deal(plan_queries(services), answers, failures or {}, by_key)
