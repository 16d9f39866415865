"""Every `helm` command of the pages renders the chart, and every value that they name exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.chart import CHART, PROMETHEUS, ROOT, helm
from support.documents import PAGES, Command, commands

ACTS = {"install", "upgrade"}
OF_A_CLUSTER = {"--install", "--wait", "--take-ownership", "--force-conflicts", "--reuse-values"}
"""Options of `helm install` and `upgrade` that `helm template` does not have."""
ABOUT_THE_CHART = {"operations", "security", "eks", "gke", "kind", "versions"}
RENDERED = [command for command in commands("helm") if command.words[1] in ACTS]


@pytest.mark.parametrize("command", RENDERED, ids=str)
def test_a_command_renders(command: Command, tmp_path: Path) -> None:
    words = [word for word in command.words[2:] if word not in OF_A_CLUSTER]
    copies = {c.words[2]: c.words[1] for c in commands("cp") if c.page == command.page}
    words = [str(ROOT / copies[word]) if word in copies else word for word in words]
    own = tmp_path / "my-values.yaml"
    own.write_text(yaml.safe_dump({"prometheus": PROMETHEUS}))
    words = [str(own) if word == own.name else word for word in words]
    words = [str(CHART) if word == "charts/bytebridge" else word for word in words]
    assert str(CHART) in words, "the chart is named by its path"
    assert "kind: Deployment" in helm(tmp_path, "template", *words)


def test_commands_are_found() -> None:
    assert {command.page.name for command in RENDERED} >= {"README.md", "eks.md", "gke.md"}


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.stem in ABOUT_THE_CHART or page.parent == CHART],
    ids=lambda page: page.name,
)
def test_a_value_that_the_text_names_exists(page: Path) -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for name in re.findall(r"`(\w+(?:\.\w+)+)", page.read_text(encoding="utf-8")):
        if name.split(".")[0] in values:
            assert _exists(values, name.split(".")), name


def _exists(values: Any, path: list[str]) -> bool:
    for name in path:
        if values in ({}, []):  # the user's own
            return True
        if not isinstance(values, dict) or name not in values:
            return False
        values = values[name]
    return True
