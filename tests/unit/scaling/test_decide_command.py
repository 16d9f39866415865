"""`bytebridge decide`, line by line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bytebridge.cli.main import app
from bytebridge.scaling.observation import Replicas
from bytebridge.scaling.wire import parse_observation

SERVICE = """
apiVersion: scaling.bytebridge.io/v1alpha1
kind: ScalableService
metadata: {name: clause-classifier, namespace: legal}
spec:
  template: {spec: {containers: [{name: app, image: example}]}}
  scaling: {minReplicas: 2, maxReplicas: 40, objective: {latencyMilliseconds: 200}}
"""
GOOD = '{"time": 1, "requestsPerSecond": {"15s": NaN}, "replicas": {"desired": 5, "ready": 5}}'


@pytest.fixture
def service(tmp_path: Path) -> Path:
    file = tmp_path / "service.yaml"
    file.write_text(SERVICE)
    return file


def answers(service: Path, text: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, ["decide", "--service", str(service)], input=text)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_nan_is_unknown(service: Path) -> None:
    (answer,) = answers(service, GOOD)
    assert (answer["replicas"], answer["reason"]) == (5, "SignalsUnknown")
    assert set(answer) == {"time", "replicas", "reason", "message", "floors", "held", "signals"}


@pytest.mark.parametrize(
    ("written", "known"), [("true", True), ("false", False), ("null", None), ("1", None)]
)
def test_what_the_counter_counts(written: str, known: bool | None) -> None:
    line = f'{{"time": 1, "countsCompletions": {written}, "replicas": {{"desired": 5}}}}'
    assert parse_observation(line).readings.completions is known


def test_pods_that_start_are_not_ready() -> None:
    line = '{"time": 1, "replicas": {"desired": 5, "starting": 3}}'
    assert parse_observation(line).replicas == Replicas(desired=5, ready=2, starting=3)


@pytest.mark.parametrize("bad", ["x", "[]", "{}", '{"time": 1}', '{"time": 1, "replicas": 3}'])
def test_an_unreadable_line_gets_an_error_and_the_last_decision_stands(
    service: Path, bad: str
) -> None:
    first, second, third = answers(service, f"{GOOD}\n{bad}\n{GOOD}")
    assert second["error"]
    assert second["replicas"] == first["replicas"] == third["replicas"] == 5


def test_a_wrong_service_is_named_with_its_field(service: Path) -> None:
    service.write_text(SERVICE.replace("maxReplicas: 40", "maxReplicas: many"))
    result = CliRunner().invoke(app, ["decide", "--service", str(service)], input=GOOD)
    assert result.exit_code == 2
    assert "spec.scaling.maxReplicas" in result.output
