"""What each policy puts into the cluster. Pure."""

from enum import StrEnum
from importlib.resources import files
from typing import Any

import yaml

from bytebridge.api.crd import custom_resource_definition
from bytebridge.api.names import API_VERSION, PLURAL, SERVICE_LABEL
from bytebridge.api.service import ScalableService
from bytebridge.resources.autoscaler import autoscaler
from bytebridge.resources.children import children

Manifest = dict[str, Any]
Applied = tuple[str, Manifest]
"""Where an object lives on the API server, and the object."""


class Policy(StrEnum):
    """Who scales."""

    BYTEBRIDGE = "bytebridge"
    HPA = "hpa"


def sample_text() -> str:
    """The ScalableService of the demo, as a user writes it."""
    folder = files("bytebridge.demo").joinpath("data")
    return folder.joinpath("clause-classifier.yaml").read_text(encoding="utf-8")


def sample(database_port: int | None = None) -> ScalableService:
    """The same, read.

    Args:
        database_port: Of a PostgreSQL on loopback that the service uses; `None`: it uses none.
    """
    return ScalableService.model_validate(sample_manifest(database_port))


def sample_manifest(database_port: int | None = None) -> Manifest:
    """The same as an object, with its database if it has one."""
    manifest: Manifest = yaml.safe_load(sample_text())
    if database_port is not None:
        manifest["spec"]["database"] = {
            "postgres": {
                "database": "legal",
                "sslMode": "disable",
                "writer": {"host": "127.0.0.1", "port": database_port},
                "credentials": {"secretName": "legal-db"},
                "maxConnections": 200,
            }
        }
    return manifest


def pods_selector(service: ScalableService) -> str:
    """Label selector of the service's pods."""
    return f"{SERVICE_LABEL}={service.metadata.name}"


def collection(api: str, service: ScalableService, plural: str) -> str:
    """Path of a kind's objects in the service's namespace."""
    return f"/{api}/namespaces/{service.metadata.namespace}/{plural}"


def definitions(service: ScalableService) -> list[Applied]:
    """What must be there before the policy's own objects."""
    crd, namespace = custom_resource_definition(), service.metadata.namespace
    crd_path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    return [
        (f"{crd_path}/{crd['metadata']['name']}", crd),
        (
            f"/api/v1/namespaces/{namespace}",
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        ),
    ]


def objects(
    policy: Policy, service: ScalableService, database_port: int | None = None
) -> list[Applied]:
    """What the user of a policy applies."""
    name = service.metadata.name
    if policy is Policy.BYTEBRIDGE:
        manifest = sample_manifest(database_port)
        return [(f"{collection(f'apis/{API_VERSION}', service, PLURAL)}/{name}", manifest)]
    return [
        (f"{collection('apis/apps/v1', service, 'deployments')}/{name}", _deployment(service)),
        (
            f"{collection('apis/autoscaling/v2', service, 'horizontalpodautoscalers')}/{name}",
            _plain_autoscaler(service),
        ),
    ]


def _deployment(service: ScalableService) -> Manifest:
    """The Deployment that the operator would have made, owned by nobody."""
    manifest = next(
        child for child in children(service, pod_monitors=False) if child["kind"] == "Deployment"
    )
    return _unowned(manifest) | {
        "spec": manifest["spec"] | {"replicas": service.spec.scaling.min_replicas}
    }


def _plain_autoscaler(service: ScalableService) -> Manifest:
    """An HPA on CPU with the same bounds, target and hold as the ScalableService."""
    return _unowned(autoscaler(service, service.spec.scaling.min_replicas, paused=False))


def _unowned(manifest: Manifest) -> Manifest:
    metadata = {
        key: value for key, value in manifest["metadata"].items() if key != "ownerReferences"
    }
    return manifest | {"metadata": metadata}
