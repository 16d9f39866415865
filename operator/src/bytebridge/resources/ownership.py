"""Names, labels and owner references that all children share."""

from typing import Any

from bytebridge.api.names import API_VERSION, KIND, SERVICE_LABEL
from bytebridge.api.service import ScalableService

Manifest = dict[str, Any]


def child_labels(service: ScalableService) -> dict[str, str]:
    """Labels of every child object and every pod of the service."""
    return {
        SERVICE_LABEL: service.metadata.name,
        "app.kubernetes.io/managed-by": "bytebridge",
        "app.kubernetes.io/name": service.metadata.name,
    }


def pod_selector(service: ScalableService) -> dict[str, str]:
    """Labels that select the pods of a Deployment that the operator made."""
    return {SERVICE_LABEL: service.metadata.name}


def child_metadata(service: ScalableService) -> Manifest:
    """Metadata of a child: deleted by the garbage collector together with its service."""
    return {
        "name": service.metadata.name,
        "namespace": service.metadata.namespace,
        "labels": child_labels(service),
        "ownerReferences": [
            {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "name": service.metadata.name,
                "uid": service.metadata.uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
