"""CRDs in the lab."""

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


def foreign_crds() -> list[Manifest]:
    """Kinds of others that chart and operator write; their schemas refuse what they lack."""
    paths = sorted((Path(__file__).parent / "foreign_crds").glob("*.yaml"))
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
