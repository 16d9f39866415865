"""A backtest on a real Prometheus that holds the past of a simulated service."""

import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bytebridge.backtest.findings import findings
from bytebridge.backtest.replay import replay
from bytebridge.cli.main import app
from bytebridge.signals import history
from bytebridge.simulation import profile
from bytebridge.simulation.prometheus import LATENCY_BUCKETS, Sample
from bytebridge.simulation.scenarios import Scenario
from integration.signals.conftest import PASSWORD, USERNAME, StartPrometheus
from integration.signals.servers import Exposition, serve_exposition
from support.objects import wait_for
from support.recorded import Recorder, policy, recorder

RAMP = Scenario(
    "ramp", "a small ramp", profile.surge(30, 200, ramp=120, plateau=300, seconds=1200),
    max_replicas=30,
)  # fmt: skip
STOOD = 5
SERVICE = """
apiVersion: scaling.bytebridge.io/v1alpha1
kind: ScalableService
metadata: {name: classifier, namespace: legal}
spec:
  targetRef: {name: classifier-v2}
  scaling:
    minReplicas: 2
    maxReplicas: 30
    objective: {percentile: 95, latencyMilliseconds: 200}
    concurrencyPerReplica: 2
    startupSeconds: 30
  metrics: {preset: vllm}
"""
SELECTOR = 'namespace="legal", pod=~"classifier-v2-.+"'


def lines_of(kept: Recorder, end: float) -> Iterator[str]:
    """The recorder's samples as vLLM pods would have exported them, the last one at `end`."""
    pods = [f'namespace="legal",pod="classifier-v2-{number}"' for number in range(STOOD)]
    other = 'namespace="other",pod="classifier-v2-9"'
    labels = '{namespace="legal",deployment="classifier-v2"}'
    shift = end - kept.samples[-1].time
    for sample in kept.samples:
        at = round(1000 * (sample.time + shift))
        values: dict[str, float] = {
            f"vllm:request_success_total{{{other}}}": 7 * sample.arrived,
            f"kube_deployment_spec_replicas{labels}": STOOD,
            f"kube_deployment_status_replicas_ready{labels}": STOOD,
        }
        for pod in pods:
            values |= {name: value / STOOD for name, value in series_of(pod, sample)}
        yield from (f"{name} {value} {at}" for name, value in values.items())


def series_of(pod: str, sample: Sample) -> Iterator[tuple[str, float]]:
    """All pods' sums, under one pod's labels."""
    yield f"vllm:request_success_total{{{pod}}}", sample.arrived
    yield f"vllm:num_requests_waiting{{{pod}}}", sample.waiting
    yield f"vllm:num_requests_running{{{pod}}}", sample.in_service
    yield f"vllm:e2e_request_latency_seconds_sum{{{pod}}}", sample.latency_seconds
    yield f"vllm:e2e_request_latency_seconds_count{{{pod}}}", sample.completed
    yield f"vllm:request_inference_time_seconds_sum{{{pod}}}", sample.service_seconds
    yield f"vllm:request_inference_time_seconds_count{{{pod}}}", sample.completed
    buckets = zip(map(str, LATENCY_BUCKETS), sample.buckets, strict=True)
    for bound, count in (*buckets, ("+Inf", sample.completed)):
        yield f'vllm:e2e_request_latency_seconds_bucket{{{pod},le="{bound}"}}', count


@pytest.fixture(scope="module")
def kept() -> Recorder:
    return recorder(RAMP, STOOD)


def is_told(exposition: Exposition) -> bool:
    return not exposition.past


@pytest.fixture(scope="module")
def urls(start_prometheus: StartPrometheus, kept: Recorder) -> dict[bool, str]:
    """By whether it asks for a password."""
    found = {}
    for protected in (False, True):
        with serve_exposition() as exposition:
            exposition.past = list(lines_of(kept, time.time()))
            found[protected] = start_prometheus(protected, exposition.address)
            wait_for("the past is scraped", partial(is_told, exposition), wanted=True)
    return found


@pytest.fixture
def service(tmp_path: Path) -> Path:
    path = tmp_path / "service.yaml"
    path.write_text(SERVICE)
    return path


def backtest(url: str, service: Path, *options: str) -> Result:
    arguments = ["backtest", "--service", str(service), "--prometheus", url, "--since", "19m"]
    return CliRunner().invoke(app, [*arguments, *options])


def figure(output: str, name: str) -> list[float]:
    """As it was, and ByteBridge."""
    row = next(line for line in output.splitlines() if line.startswith(f"| {name}"))
    return [float(cell) for cell in re.findall(r"([\d.]+) *%? *\|", row)]


@pytest.mark.parametrize("points", [5_000, 70])
def test_the_recorded_past_gives_the_decisions_that_it_gave_the_operator(
    urls: dict[bool, str], service: Path, kept: Recorder, tmp_path: Path, points: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(history, "MOST_POINTS", points)
    page = tmp_path / "out.html"
    result = backtest(urls[False], service, "--selector", SELECTOR, "--report", str(page))
    assert result.exit_code == 0, result.output
    expected = findings(replay(policy(RAMP), kept.moments, lambda: None).ticks, 5.0, 0.2)
    stood, own = figure(result.output, "replica-hours")
    assert stood == pytest.approx(STOOD * 19 / 60, abs=0.1)
    assert own == pytest.approx(expected.own.replica_hours, rel=0.1)
    assert expected.over_share is not None
    (over,) = figure(result.output, "requests while over the objective")
    assert over == pytest.approx(100 * expected.over_share, abs=8)
    assert "| minReplicas" in result.output
    assert "What a backtest cannot know" in result.output
    html = page.read_text()
    assert "<script src=" not in html
    assert html.count('class="plotly-graph-div"') == 1


def test_credentials_are_sent(urls: dict[bool, str], service: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    known = ("--prometheus-username", USERNAME, "--prometheus-password-file", str(secret))
    result = backtest(urls[True], service, "--selector", SELECTOR, *known)
    assert result.exit_code == 0, result.output
    refused = backtest(urls[True], service, "--selector", SELECTOR)
    assert refused.exit_code == 2
    assert "HTTP 401" in refused.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["--selector", 'pod="none"'], "no request rate found", id="no series"),
        pytest.param([], "no request rate found", id="not labelled by the operator yet"),
        pytest.param(
            ["--selector", 'pod=~"classifier-.+"'],
            "replica-hours",
            id="two namespaces: its own goes first",
        ),
        pytest.param(["--since", "7"], "expected a number", id="no unit"),
    ],
)
def test_what_is_missing_is_said(
    urls: dict[bool, str], service: Path, options: list[str], words: str
) -> None:
    result = backtest(urls[False], service, *options)
    assert words in result.output
    assert result.exit_code in {0, 2}


def test_replicas_may_be_counted_by_their_series(urls: dict[bool, str], tmp_path: Path) -> None:
    service = tmp_path / "service.yaml"
    service.write_text(SERVICE.replace("classifier-v2", "not-watched"))
    result = backtest(urls[False], service, "--selector", SELECTOR)
    assert result.exit_code == 0, result.output
    stood, _ = figure(result.output, "most replicas")
    assert stood == STOOD


def test_nobody_answers(service: Path) -> None:
    result = backtest("http://127.0.0.1:9", service)
    assert result.exit_code == 2
    assert "127.0.0.1:9" in result.output
