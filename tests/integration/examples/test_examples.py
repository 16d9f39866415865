"""What the documentation shows is taken by a real API server."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bytebridge.api.names import BUDGET_KIND, BUDGET_PLURAL, GROUP, KIND, PLURAL, VERSION
from support.documents import PAGES, blocks
from support.objects import Cluster

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.yaml"))
PLURALS = {KIND: PLURAL, BUDGET_KIND: BUDGET_PLURAL}


def _snippets() -> list[Any]:
    found = []
    for page in PAGES:
        for block in blocks(page):
            manifest = yaml.safe_load(block.text) if block.language == "yaml" else None
            if isinstance(manifest, dict) and manifest.get("kind") in PLURALS:
                found.append(pytest.param(manifest, id=page.name))
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_accepted(cluster: Cluster, example: Path) -> None:
    _create(cluster, yaml.safe_load(example.read_text(encoding="utf-8")))


@pytest.mark.parametrize("manifest", _snippets())
def test_a_snippet_is_accepted(cluster: Cluster, manifest: dict[str, Any]) -> None:
    _create(cluster, manifest)


def _create(cluster: Cluster, manifest: dict[str, Any]) -> None:
    if manifest["kind"] == BUDGET_KIND:
        manifest["metadata"]["name"] = cluster.namespace  # cluster-scoped
        cluster.custom.create_cluster_custom_object(GROUP, VERSION, BUDGET_PLURAL, manifest)
        cluster.custom.delete_cluster_custom_object(
            GROUP, VERSION, BUDGET_PLURAL, cluster.namespace
        )
        return
    manifest["metadata"].pop("namespace", None)
    cluster.custom.create_namespaced_custom_object(
        GROUP, VERSION, cluster.namespace, PLURAL, manifest
    )
