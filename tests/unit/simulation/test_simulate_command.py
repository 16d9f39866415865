"""`bytebridge simulate` from files to a report."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bytebridge.cli.main import app

SERVICE = """
apiVersion: scaling.bytebridge.io/v1alpha1
kind: ScalableService
metadata: {name: classifier, namespace: legal}
spec:
  targetRef: {name: classifier}
  scaling:
    maxReplicas: 20
    objective: {percentile: 95, latencyMilliseconds: 250}
    concurrencyPerReplica: 4
    startupSeconds: 12
"""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    service, trace = tmp_path / "service.yaml", tmp_path / "trace.csv"
    service.write_text(SERVICE)
    trace.write_text("seconds\n" + "\n".join(str(n / 10) for n in range(1200)))
    return ["simulate", "--service", str(service), "--trace", str(trace), "--seeds", "2"]


def test_the_report_says_what_was_simulated_and_needs_no_network(
    files: list[str], tmp_path: Path
) -> None:
    page = tmp_path / "out.html"
    policies = "bytebridge,hpa-cpu,oracle"
    options = ["--scale", "3", "--policies", policies, "--report", str(page)]
    result = CliRunner().invoke(app, [*files, *options])
    assert result.exit_code == 0, result.output
    assert "classifier under trace.csv x 3" in result.output
    assert [line.split()[1] for line in result.output.splitlines() if "| " in line][2:] == (
        policies.split(",")
    )
    html = page.read_text()
    assert "4 slots a replica, 12 s to start; objective 250 ms; 1 to 20 replicas" in html
    assert "Figures are means over 2 seeds" in html
    assert "ByteBridge puts" in html
    assert "<script src=" not in html


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--policies", "hpa"], "'hpa' is not known"),
        (["--scale", "0.01", "--seeds", "1", "--trace", "none.csv"], "none.csv"),
    ],
)
def test_what_cannot_be_simulated_is_said(files: list[str], options: list[str], words: str) -> None:
    result = CliRunner().invoke(app, [*files, *options])
    assert result.exit_code == 2
    assert words in result.output
