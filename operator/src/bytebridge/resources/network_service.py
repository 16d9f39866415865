"""The Service in front of the pods."""

from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, child_metadata, pod_selector


def network_service(service: ScalableService) -> Manifest:
    """A ClusterIP Service on the service's port."""
    port = service.spec.port
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": child_metadata(service),
        "spec": {
            "selector": pod_selector(service),
            "ports": [{"name": "http", "port": port, "targetPort": port, "protocol": "TCP"}],
        },
    }
