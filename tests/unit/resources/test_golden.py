"""Every builder against a YAML that a person has read, for each example of the documentation.

`UPDATE_GOLDEN=1 make unit` writes the files anew; read the difference before you commit it.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import claims_of
from bytebridge.budget.limits import budgeted, limits_of
from bytebridge.budget.settlement import Books, settle
from bytebridge.resources.autoscaler import autoscaler
from bytebridge.resources.children import children
from bytebridge.resources.exposure.children import exposure_children, exposure_kinds
from bytebridge.resources.wiring import Wiring

EXAMPLES = [
    path
    for path in sorted((Path(__file__).parents[3] / "docs" / "examples").glob("*.yaml"))
    if yaml.safe_load(path.read_text(encoding="utf-8"))["kind"] == "ScalableService"
]
GOLDEN = Path(__file__).parent / "golden"


class Readable(yaml.SafeDumper):
    """Files as blocks, and nothing by reference."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Readable.add_representer(str, Readable.represent_text)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_children(example: Path) -> None:
    service = _service(example)
    built = [
        *children(service, pod_monitors=True, wiring=_wiring(service)),
        *exposure_children(service),
        autoscaler(service, 5, paused=False),
    ]
    text = yaml.dump_all(built, Dumper=Readable, sort_keys=False)
    golden = GOLDEN / example.name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert list(yaml.safe_load_all(golden.read_text(encoding="utf-8"))) == built


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_replicas_are_never_applied(example: Path) -> None:
    service = _service(example)
    for manifest in children(service, pod_monitors=True):
        own = manifest["metadata"]["name"] == service.target_name
        if manifest["kind"] == "Deployment" and own:
            assert "replicas" not in manifest["spec"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_kinds_are_known_without_building(example: Path) -> None:
    service = _service(example)
    exposure = service.spec.exposure
    built = tuple(manifest["kind"] for manifest in exposure_children(service))
    assert built == (exposure_kinds(exposure) if exposure else ())


def _wiring(service: ScalableService) -> Wiring:
    """What the budget grants the service if it is alone."""
    limits = limits_of([service], [])
    settlement = settle(Books(budgeted(claims_of(service), limits), limits))
    return Wiring({key[2]: grant for key, grant in settlement.grants.items()})


def _service(path: Path) -> ScalableService:
    body: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    body["metadata"] |= {"namespace": "legal", "uid": "00000000-0000-0000-0000-000000000001"}
    return ScalableService.model_validate(body)
