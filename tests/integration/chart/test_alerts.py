"""Each alert fires when it should and not otherwise: `promtool` on what Helm renders."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bytebridge.lab.binaries import PROMTOOL, find_or_make
from support.chart import PROMETHEUS, of_kind, render

CASES = sorted((Path(__file__).parent / "alerts").glob("*.yaml"))


def _rules(folder: Path) -> dict[str, Any]:
    values = {"prometheus": PROMETHEUS, "prometheusRule": {"enabled": True}}
    (rules,) = of_kind(render(folder, values), "PrometheusRule")
    found: dict[str, Any] = rules["spec"]
    return found


def _promtool(folder: Path, *arguments: str) -> str:
    result = subprocess.run(
        [str(find_or_make(PROMTOOL).path), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if result.returncode == 0 else f"{result.stdout}{result.stderr}"


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_an_alert_fires_when_it_should(tmp_path: Path, case: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(_rules(tmp_path)))
    shutil.copy(case, tmp_path)
    assert not _promtool(tmp_path, "test", "rules", case.name)


def test_the_rules_are_well_formed(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(_rules(tmp_path)))
    assert not _promtool(tmp_path, "check", "rules", "--lint-fatal", "rules.yaml")


def test_every_alert_has_a_case_that_fires_and_one_that_does_not(tmp_path: Path) -> None:
    alerts = {rule["alert"] for group in _rules(tmp_path)["groups"] for rule in group["rules"]}
    assert {case.stem for case in CASES} == alerts
    for case in CASES:
        whole = {
            any(moment["exp_alerts"] for moment in test["alert_rule_test"])
            for test in yaml.safe_load(case.read_text())["tests"]
            if {moment["alertname"] for moment in test["alert_rule_test"]} == {case.stem}
        }
        assert whole == {True, False}, case.stem
