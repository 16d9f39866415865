"""The Deployment of a service that brings its own template."""

from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, child_metadata, pod_selector
from bytebridge.resources.pod_template import complete_template


def deployment(service: ScalableService) -> Manifest:
    """The Deployment, without `spec.replicas`: scaling owns that field, not apply."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": child_metadata(service),
        "spec": {
            "selector": {"matchLabels": pod_selector(service)},
            # Capacity never falls below what was decided while a new template rolls out.
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0},
            },
            "template": complete_template(service),
        },
    }


def initial_replicas(service: ScalableService) -> int:
    """Replicas at creation only, before the first decision."""
    return service.spec.scaling.min_replicas
