"""Who is let in, what failures say and whom they concern, and what slow queries cost."""

import time
from pathlib import Path

import pytest

from bytebridge.api.metrics import Metrics, Preset, Queries
from bytebridge.signals.dealing import SignalReport
from bytebridge.signals.queries import SignalTarget
from bytebridge.signals.source import PrometheusConnection, SignalSource
from integration.signals.conftest import PASSWORD, USERNAME, StartPrometheus
from integration.signals.servers import answering, gate

KEY = ("n", "a")
PATIENT_SECONDS = 30.0
"""A busy machine may take longer than a tick to let the first caller in."""


def asking(text: str, name: str = "a") -> SignalTarget:
    metrics = Metrics(preset=Preset.CUSTOM, queries=Queries(queue_depth=text))
    return SignalTarget("n", name, metrics, 0.95, 1)


TWO = asking('vector(2) or none{service="$service"}')
THREE_B = asking('vector(3) or none{service="$service"}', "b")


async def read(connection: PrometheusConnection, *services: SignalTarget) -> SignalReport:
    async with SignalSource(connection) as source:
        return await source.read(services)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{PASSWORD}\n")
    return path


def rewrite(path: Path, text: str) -> None:
    path.write_text(text)


async def test_basic_auth(start_prometheus: StartPrometheus, secret: Path) -> None:
    url = start_prometheus(True)
    known = PrometheusConnection(
        url, username=USERNAME, password_file=secret, timeout_seconds=PATIENT_SECONDS
    )
    report = await read(known, TWO)
    assert report.readings[KEY].queue_depth == 2.0, report.explanations
    report = await read(PrometheusConnection(url), TWO)
    assert report.readings[KEY].queue_depth is None
    assert "HTTP 401" in report.explanations[KEY]
    rewrite(secret, "wrong")
    assert "HTTP 401" in (await read(known, TWO)).explanations[KEY]


@pytest.mark.parametrize("tenant", [None, "team-a"])
async def test_bearer_token_and_tenant(
    prometheus_url: str, secret: Path, tenant: str | None
) -> None:
    wanted = {"Authorization": f"Bearer {PASSWORD}"}
    if tenant:
        wanted["X-Scope-OrgID"] = tenant
    with gate(prometheus_url, wanted) as url:
        known = PrometheusConnection(url, bearer_token_file=secret, tenant=tenant)
        assert (await read(known, TWO)).readings[KEY].queue_depth == 2.0
        other = PrometheusConnection(url, bearer_token_file=secret, tenant="team-b")
        refused = other if tenant else PrometheusConnection(url)
        assert "HTTP 401" in (await read(refused, TWO)).explanations[KEY]


async def test_a_token_that_rotates_is_read_again(prometheus_url: str, secret: Path) -> None:
    with gate(prometheus_url, {"Authorization": "Bearer new"}) as url:
        async with SignalSource(PrometheusConnection(url, bearer_token_file=secret)) as source:
            assert "HTTP 401" in (await source.read([TWO])).explanations[KEY]
            rewrite(secret, "new")
            assert (await source.read([TWO])).readings[KEY].queue_depth == 2.0


async def test_missing_credentials_are_named(prometheus_url: str, tmp_path: Path) -> None:
    connection = PrometheusConnection(prometheus_url, bearer_token_file=tmp_path / "none")
    report = await read(connection, TWO)
    assert "credentials for Prometheus" in report.explanations[KEY]
    assert report.queries_sent == 0


async def test_a_refused_query_concerns_its_service_alone(prometheus_url: str) -> None:
    report = await read(PrometheusConnection(prometheus_url), asking("sum(("), THREE_B)
    assert "queueDepth: query failed" in report.explanations[KEY]
    assert "parse error" in report.explanations[KEY]
    assert ("n", "b") not in report.explanations
    assert report.readings["n", "b"].queue_depth == 3.0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "a JSON list instead of an object"),
        (b'"ok"', "a JSON str instead of an object"),
        (b"<html>", "not JSON"),
        (b'{"status":"success"}', "no data.result"),
        (b'{"status":"success","data":{"resultType":"matrix","result":[]}}', "got a matrix"),
        (b'{"status":"success","data":{"resultType":"vector","result":[1]}}', "got a vector"),
        (b'{"status":"error","error":"too busy"}', "too busy"),
    ],
)
async def test_an_odd_answer_is_a_query_error(body: bytes, words: str) -> None:
    with answering(body) as url:
        report = await read(PrometheusConnection(url), TWO)
    assert words in report.explanations[KEY]
    assert report.readings[KEY].queue_depth is None


async def test_nobody_answers() -> None:
    report = await read(PrometheusConnection("http://127.0.0.1:9"), TWO)
    assert "query failed" in report.explanations[KEY]


async def test_slow_custom_queries_do_not_hold_up_presets() -> None:
    empty = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
    web = SignalTarget("n", "web", Metrics(), 0.95, 1)
    slow = [asking(f"slow_{number}", f"s{number}") for number in range(40)]
    with answering(empty, seconds=3.0) as url:
        began = time.monotonic()
        report = await read(PrometheusConnection(url, timeout_seconds=1.0), *slow, web)
        took = time.monotonic() - began
    assert took < 2.0
    assert "no answer in time" in report.explanations["n", "s0"]
    assert "no series" in report.explanations["n", "web"]
    assert "query failed" not in report.explanations["n", "web"]
