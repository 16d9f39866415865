"""What makes a pod template another one, of which nothing is known yet; one line a case."""

from typing import Any

import pytest

from bytebridge.controller.projection import deployment_view
from unit.controller.build import deployment_body

RESTARTED = {"kubectl.kubernetes.io/restartedAt": "2026-11-26T15:00:00Z"}


def _hash(annotations: dict[str, str] | None, **spec: Any) -> str:
    body = deployment_body(2, 2)
    template = body["spec"]["template"]
    if annotations is not None:
        template["metadata"]["annotations"] = annotations
    template["spec"] = {"containers": [{"name": "app", "image": "nlp:1"}], **spec}
    return deployment_view(body).template_hash


@pytest.mark.parametrize(
    ("annotations", "spec", "another"),
    [
        pytest.param(RESTARTED, {}, False, id="kubectl rollout restart"),
        pytest.param({"checksum/config": "1"}, {}, True, id="other settings"),
        pytest.param(
            None, {"containers": [{"name": "app", "image": "nlp:2"}]}, True, id="an image"
        ),
    ],
)
def test_another_template(
    annotations: dict[str, str] | None, spec: dict[str, Any], another: bool
) -> None:
    assert (_hash(annotations, **spec) != _hash(None)) is another


def test_other_annotations_are_told_apart_after_a_restart() -> None:
    assert _hash({"checksum/config": "1", **RESTARTED}) == _hash({"checksum/config": "1"})
