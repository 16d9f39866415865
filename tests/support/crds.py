"""CRDs in the lab."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config

from support.objects import Manifest, wait_for


def establish(kubeconfig: str, crd: Manifest) -> None:
    """Create a CRD and wait until it is served."""
    api: Any = client.ApiextensionsV1Api(config.new_client_from_config(kubeconfig))
    api.create_custom_resource_definition(crd)
    name = crd["metadata"]["name"]

    def established() -> bool:
        conditions = api.read_custom_resource_definition(name).status.conditions or []
        return any(item.type == "Established" and item.status == "True" for item in conditions)

    wait_for(f"the CRD {name} is established", established, wanted=True)


@contextmanager
def served(kubeconfig: str, *crds: Manifest) -> Iterator[None]:
    """Kinds that the cluster knows for a while, and not before or after it."""
    for crd in crds:
        establish(kubeconfig, crd)
    try:
        yield
    finally:
        api: Any = client.ApiextensionsV1Api(config.new_client_from_config(kubeconfig))
        for crd in crds:
            api.delete_custom_resource_definition(crd["metadata"]["name"])

        def left() -> set[str]:
            items = api.list_custom_resource_definition().items
            return {item.metadata.name for item in items} & {c["metadata"]["name"] for c in crds}

        wait_for("the CRDs are gone", left, set())


def foreign_crds() -> list[Manifest]:
    """Kinds of others that chart and operator write; their schemas refuse what they lack."""
    paths = sorted((Path(__file__).parent / "foreign_crds").glob("*.yaml"))
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
