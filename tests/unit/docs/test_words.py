"""Every word that a status, an Event or an alert may show is explained in docs/operations.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bytebridge.api.names import BUDGET_KIND
from bytebridge.api.status import ConditionType
from bytebridge.cluster.kinds import KINDS
from bytebridge.scaling.reason import Reason
from support.documents import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CONTROLLER = ROOT / "operator" / "src" / "bytebridge" / "controller"
WORD = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)*")
NOT_REASONS = {
    *(*KINDS, BUDGET_KIND, *(kind.value for kind in ConditionType)),
    *("True", "False", "Unknown"),  # states of a condition
    *("Normal", "Warning", "Scale"),  # type and action of an Event
    *("Accepted", "ResolvedRefs", "Prefix", "PathPrefix"),  # Gateway API's, Ingress'
    *("ContainerCreating", "CreateContainerConfigError", "PodInitializing"),  # the kubelet's
}
"""Words of Kubernetes that the controller's code has beside its own."""


def _words(module: Path) -> Iterator[str]:
    """Constants that look like a reason; docstrings are not constants of use."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in prose:
            value = node.value
            if isinstance(value, str) and WORD.fullmatch(value) and value not in NOT_REASONS:
                yield value


REASONS = {word for module in CONTROLLER.glob("*.py") for word in _words(module)}


@pytest.mark.parametrize("reason", sorted(REASONS | set(Reason)))
def test_a_reason_is_explained(reason: str) -> None:
    assert f"`{reason}`" in PAGE


def test_reasons_are_found() -> None:
    assert {"ReplicasReady", "NameTaken", "NoConnectionsLeft", "ReaderLeftOut"} <= REASONS


@pytest.mark.parametrize("condition", ConditionType)
def test_a_condition_is_explained(condition: ConditionType) -> None:
    assert f"`{condition.value}=" in PAGE


def test_what_is_explained_exists() -> None:
    """No word stays in the tables when it has gone from the code."""
    sections = PAGE.partition("## Words in a status")[2].partition("### Of the operator itself")[0]
    columns = re.findall(r"^\|(?: `\w+=\w+`)? ?\|?((?: `\w+`,?)+) \|", sections, re.MULTILINE)
    named = {word for column in columns for word in re.findall(r"`(\w+)`", column)}
    assert named
    assert named <= REASONS | set(Reason)


def test_every_alert_has_a_runbook() -> None:
    """Not only a heading: a section that says what to do."""
    text = (ROOT / "charts" / "bytebridge" / "files" / "alerts.yaml").read_text()
    alerts = set(re.findall(r"^- alert: (\w+)", text, re.MULTILINE))
    runbook = re.compile(r"^### (ByteBridge\w+)\n\n(.+?)(?=^#)", re.DOTALL | re.MULTILINE)
    sections = dict(runbook.findall(PAGE))
    assert set(sections) == alerts
    assert all(len(section) > 100 for section in sections.values())
