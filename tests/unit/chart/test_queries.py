"""Alerts and dashboard ask for nothing that the operator does not export, and the pages name it."""

import json
import re
from pathlib import Path

from prometheus_client.metrics_core import Metric

from bytebridge.controller.metrics import OperatorMetrics

ROOT = Path(__file__).parents[3]
FILES = ROOT / "charts" / "bytebridge" / "files"
NAME = re.compile(r"\bbytebridge_[a-z_]+")
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def _families() -> list[Metric]:
    return list(OperatorMetrics().registry.collect())


def _exported() -> set[str]:
    return {family.name + suffix for family in _families() for suffix in SUFFIXES[family.type]}


def test_the_alerts_ask_for_what_is_exported() -> None:
    asked = set(NAME.findall((FILES / "alerts.yaml").read_text(encoding="utf-8")))
    assert asked
    assert asked <= _exported()


def test_the_dashboard_asks_for_what_is_exported() -> None:
    dashboard = json.loads((FILES / "dashboard.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queries += [item["query"]["query"] for item in dashboard["templating"]["list"][1:]]
    for query in queries:
        asked = set(NAME.findall(query))
        assert asked, query
        assert asked <= _exported(), query


def test_every_metric_is_described() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `(bytebridge_[a-z_]+)", page, re.MULTILINE))
    names = {f.name + ("_total" if f.type == "counter" else "") for f in _families()}
    assert described == names
