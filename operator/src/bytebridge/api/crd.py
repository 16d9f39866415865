"""The CustomResourceDefinitions, generated from the models."""

from typing import Any

from bytebridge.api import names
from bytebridge.api.base import Model
from bytebridge.api.database_budget import DatabaseBudget, DatabaseBudgetSpec, DatabaseBudgetStatus
from bytebridge.api.schema import structural_schema
from bytebridge.api.service import ScalableService, ScalableServiceSpec
from bytebridge.api.status import ScalableServiceStatus

Schema = dict[str, Any]


def custom_resource_definitions() -> list[dict[str, Any]]:
    """The manifests of all CRDs."""
    return [custom_resource_definition(), database_budget_definition()]


def custom_resource_definition() -> dict[str, Any]:
    """The manifest of ScalableService's CRD."""
    status = structural_schema(ScalableServiceStatus)
    status["properties"]["conditions"] |= {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    }
    scale = {
        # `kubectl scale` raises what always stands; the decisions go on above it.
        "specReplicasPath": ".spec.scaling.minReplicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    }
    return _definition(
        "Namespaced",
        _names(names.KIND, names.PLURAL, names.SINGULAR, names.SHORT_NAME),
        _service_columns(),
        {"status": {}, "scale": scale},
        _schema(ScalableService, structural_schema(ScalableServiceSpec), status),
    )


def database_budget_definition() -> dict[str, Any]:
    """The manifest of DatabaseBudget's CRD.

    It is cluster-scoped: it limits services of all namespaces, so it is an administrator's to make.
    """
    spec, status = structural_schema(DatabaseBudgetSpec), structural_schema(DatabaseBudgetStatus)
    return _definition(
        "Cluster",
        _names(
            names.BUDGET_KIND, names.BUDGET_PLURAL, names.BUDGET_SINGULAR, names.BUDGET_SHORT_NAME
        ),
        _budget_columns(),
        {"status": {}},
        _schema(DatabaseBudget, spec, status),
    )


def _definition(
    scope: str,
    kind_names: dict[str, Any],
    columns: list[dict[str, Any]],
    subresources: dict[str, Any],
    schema: Schema,
) -> dict[str, Any]:
    version = {
        "name": names.VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": columns,
        "subresources": subresources,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind_names['plural']}.{names.GROUP}"},
        "spec": {
            "group": names.GROUP,
            "scope": scope,
            "names": kind_names,
            "versions": [version],
        },
    }


def _names(kind: str, plural: str, singular: str, short_name: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": plural,
        "singular": singular,
        "shortNames": [short_name],
        "categories": [names.CATEGORY],
    }


def _service_columns() -> list[dict[str, Any]]:
    return [
        _column("Ready", "integer", ".status.readyReplicas"),
        _column("Desired", "integer", ".status.desiredReplicas"),
        _column("Min", "integer", ".spec.scaling.minReplicas"),
        _column("Max", "integer", ".spec.scaling.maxReplicas"),
        _column("Reason", "string", ".status.lastDecision.reason"),
        _column("Age", "date", ".metadata.creationTimestamp"),
        _column("Message", "string", ".status.lastDecision.message", wide=True),
        _column("Connections", "integer", ".status.database.writer.connections", wide=True),
        _column("Address", "string", ".status.exposure.address", wide=True),
    ]


def _budget_columns() -> list[dict[str, Any]]:
    return [
        _column("Host", "string", ".spec.host"),
        _column("Usable", "integer", ".status.usableConnections"),
        _column("Held", "integer", ".status.heldConnections"),
        _column("Free", "integer", ".status.freeConnections"),
        _column("Holders", "string", ".status.summary"),
        _column("Age", "date", ".metadata.creationTimestamp"),
    ]


def _column(name: str, kind: str, path: str, *, wide: bool = False) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "type": kind, "jsonPath": path}
    return {**column, "priority": 1} if wide else column


def _schema(model: type[Model], spec: Schema, status: Schema) -> Schema:
    return {
        "type": "object",
        "description": model.__doc__,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status,
        },
    }
