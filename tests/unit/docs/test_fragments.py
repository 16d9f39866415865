"""Parts of a spec that the pages show fit into a ScalableService."""

from typing import Any

import pytest
import yaml

from bytebridge.api.service import ScalableService, ScalableServiceSpec
from support.documents import PAGES, ROOT, blocks

BASE = yaml.safe_load((ROOT / "docs" / "examples" / "fastapi.yaml").read_text(encoding="utf-8"))
PARENTS = {"postgres": "database", "mongodb": "database", "redis": "cache"}
FIELDS = {field.alias or name for name, field in ScalableServiceSpec.model_fields.items()}


def _fragments() -> list[Any]:
    found = []
    for page in PAGES:
        for block in blocks(page):
            try:
                part = yaml.safe_load(block.text)
            except yaml.YAMLError:  # no YAML: a command, a program
                continue
            if isinstance(part, dict) and set(part) <= FIELDS | set(PARENTS):
                found.append(pytest.param(part, id=f"{page.name}: {', '.join(part)}"))
    return found


@pytest.mark.parametrize("part", _fragments())
def test_a_fragment_fits(part: dict[str, Any]) -> None:
    spec = dict(BASE["spec"])
    for name, value in part.items():
        spec |= {PARENTS[name]: {name: value}} if name in PARENTS else {name: value}
    ScalableService.model_validate({**BASE, "spec": spec})


def test_fragments_are_found() -> None:
    assert len(_fragments()) >= 6
