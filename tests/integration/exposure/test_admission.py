"""What the API server refuses of an exposure, and what the kinds take of the examples."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiException

from bytebridge.api.service import ScalableService
from bytebridge.lab.cluster import Lab
from bytebridge.resources.exposure.children import exposure_children
from support.crds import served
from support.exposure_crds import EXPOSURE_CRDS
from support.objects import Cluster, scalable_service
from support.routes import APIS, VERSION
from unit.api.test_exposure import REFUSED

EXAMPLES = sorted((Path(__file__).parents[3] / "docs" / "examples").glob("exposure-*.yaml"))


@pytest.mark.parametrize(("fields", "words"), REFUSED)
def test_what_is_refused(cluster: Cluster, fields: dict[str, Any], words: str) -> None:
    service = scalable_service("nlp")
    service["spec"]["exposure"] = fields
    with pytest.raises(ApiException) as refusal:
        cluster.create(service)
    assert refusal.value.status == 422
    assert words in str(refusal.value.body)


def test_an_adopted_deployment_is_not_exposed(cluster: Cluster) -> None:
    service = scalable_service("nlp")
    service["spec"] |= {"targetRef": {"name": "legacy"}, "exposure": {}}
    del service["spec"]["template"]
    with pytest.raises(ApiException) as refusal:
        cluster.create(service)
    assert "spec.exposure: only with template" in str(refusal.value.body)


def test_every_object_of_the_examples_is_accepted(lab: Lab, cluster: Cluster) -> None:
    applied = set()
    with served(str(lab.kubeconfig), *EXPOSURE_CRDS):
        for example in EXAMPLES:
            body = yaml.safe_load(example.read_text(encoding="utf-8"))
            body["metadata"] |= {"namespace": cluster.namespace, "uid": "1"}
            for manifest in exposure_children(ScalableService.model_validate(body)):
                group, plural = APIS[manifest["kind"]]
                cluster.custom.create_namespaced_custom_object(
                    group,
                    VERSION,
                    cluster.namespace,
                    plural,
                    manifest,
                    dry_run="All",
                    field_validation="Strict",
                )
                applied.add(manifest["kind"])
    assert applied == set(APIS)
