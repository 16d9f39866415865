"""The CustomResourceDefinition, generated from the models."""

from typing import Any

from bytebridge.api import names
from bytebridge.api.schema import structural_schema
from bytebridge.api.service import ScalableService, ScalableServiceSpec
from bytebridge.api.status import ScalableServiceStatus


def custom_resource_definition() -> dict[str, Any]:
    """The manifest of the CRD."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names.PLURAL}.{names.GROUP}"},
        "spec": {
            "group": names.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": names.KIND,
                "listKind": f"{names.KIND}List",
                "plural": names.PLURAL,
                "singular": names.SINGULAR,
                "shortNames": [names.SHORT_NAME],
                "categories": [names.CATEGORY],
            },
            "versions": [_version()],
        },
    }


def _version() -> dict[str, Any]:
    return {
        "name": names.VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": _printer_columns(),
        "subresources": {
            "status": {},
            "scale": {
                # `kubectl scale` raises what always stands; the decisions go on above it.
                "specReplicasPath": ".spec.scaling.minReplicas",
                "statusReplicasPath": ".status.replicas",
                "labelSelectorPath": ".status.selector",
            },
        },
        "schema": {"openAPIV3Schema": _schema()},
    }


def _printer_columns() -> list[dict[str, Any]]:
    return [
        {"name": "Ready", "type": "integer", "jsonPath": ".status.readyReplicas"},
        {"name": "Desired", "type": "integer", "jsonPath": ".status.desiredReplicas"},
        {"name": "Min", "type": "integer", "jsonPath": ".spec.scaling.minReplicas"},
        {"name": "Max", "type": "integer", "jsonPath": ".spec.scaling.maxReplicas"},
        {"name": "Reason", "type": "string", "jsonPath": ".status.lastDecision.reason"},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        {
            "name": "Message",
            "type": "string",
            "jsonPath": ".status.lastDecision.message",
            "priority": 1,
        },
    ]


def _schema() -> dict[str, Any]:
    status = structural_schema(ScalableServiceStatus)
    status["properties"]["conditions"] |= {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    }
    return {
        "type": "object",
        "description": ScalableService.__doc__,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural_schema(ScalableServiceSpec),
            "status": status,
        },
    }
