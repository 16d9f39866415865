"""Every builder against a YAML that a person has read, for each example of the documentation.

`UPDATE_GOLDEN=1 make unit` writes the files anew; read the difference before you commit it.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from bytebridge.api.service import ScalableService
from bytebridge.resources.autoscaler import autoscaler
from bytebridge.resources.children import children

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_children(example: Path) -> None:
    service = _service(example)
    built = [*children(service, pod_monitors=True), autoscaler(service, 5, paused=False)]
    text = yaml.safe_dump_all(built, sort_keys=False)
    golden = GOLDEN / example.name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert list(yaml.safe_load_all(golden.read_text(encoding="utf-8"))) == built


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_replicas_are_never_applied(example: Path) -> None:
    for manifest in children(_service(example), pod_monitors=True):
        if manifest["kind"] == "Deployment":
            assert "replicas" not in manifest["spec"]


def _service(path: Path) -> ScalableService:
    body: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    body["metadata"] |= {"namespace": "legal", "uid": "00000000-0000-0000-0000-000000000001"}
    return ScalableService.model_validate(body)
