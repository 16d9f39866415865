"""The Service in front of the pods."""

from bytebridge.api.service import ScalableService
from bytebridge.resources.exposure.gke import service_annotations
from bytebridge.resources.ownership import Manifest, child_metadata, pod_selector


def network_service(service: ScalableService) -> Manifest:
    """A ClusterIP Service on the service's port."""
    port, metadata = service.spec.port, child_metadata(service)
    annotations = service_annotations(service)
    if annotations:
        metadata["annotations"] = annotations
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "selector": pod_selector(service),
            "ports": [{"name": "http", "port": port, "targetPort": port, "protocol": "TCP"}],
        },
    }
