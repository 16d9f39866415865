"""The HPA whose floor the operator steers and whose CPU metric is the fail-safe."""

from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, child_metadata
from bytebridge.resources.pod_template import app_container_name

MAX_STABILIZATION_SECONDS = 3_600
"""The API server's limit."""


def autoscaler(
    service: ScalableService, floor: int, *, paused: bool, ceiling: int | None = None
) -> Manifest:
    """The HPA.

    Args:
        service: The service.
        floor: Replicas that the last decision needs; `minReplicas` is at least 1, since 0 is
            reached by `/scale` alone (an HPA rests while its target has no replicas).
        paused: Freeze it: neither direction moves, and the floor is out of a person's way.
        ceiling: Replicas that may run, where that is fewer than `maxReplicas`.
    """
    scaling = service.spec.scaling
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": child_metadata(service),
        "spec": {
            "scaleTargetRef": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": service.target_name,
            },
            "minReplicas": steered_minimum(service, floor, paused=paused, ceiling=ceiling),
            "maxReplicas": _maximum(service, ceiling),
            "metrics": [_cpu_metric(service)],
            "behavior": _behavior(scaling.scale_down.least_hold_seconds, paused=paused),
        },
    }


def steered_minimum(
    service: ScalableService, floor: int, *, paused: bool, ceiling: int | None = None
) -> int:
    """`minReplicas` for a floor."""
    return 1 if paused else max(1, min(floor, _maximum(service, ceiling)))


def _maximum(service: ScalableService, ceiling: int | None) -> int:
    most = service.spec.scaling.max_replicas
    return most if ceiling is None else max(1, min(most, ceiling))


def _cpu_metric(service: ScalableService) -> Manifest:
    """CPU of the serving container alone, so that a cache beside it does not blur it."""
    target = {
        "type": "Utilization",
        "averageUtilization": service.spec.scaling.cpu.target_utilization_percent,
    }
    container = app_container_name(service)
    if container is None:
        return {"type": "Resource", "resource": {"name": "cpu", "target": target}}
    return {
        "type": "ContainerResource",
        "containerResource": {"name": "cpu", "container": container, "target": target},
    }


def _behavior(hold_seconds: int, *, paused: bool) -> Manifest:
    policy = "Disabled" if paused else "Max"
    return {
        "scaleUp": {
            "selectPolicy": policy,
            "stabilizationWindowSeconds": 0,
            "policies": [
                {"type": "Percent", "value": 100, "periodSeconds": 15},
                {"type": "Pods", "value": 4, "periodSeconds": 15},
            ],
        },
        # The HPA stabilizes what its own metric asks for over the same time as the decisions
        # hold theirs: side by side, not one after the other.
        "scaleDown": {
            "selectPolicy": policy,
            "stabilizationWindowSeconds": min(hold_seconds, MAX_STABILIZATION_SECONDS),
            "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
        },
    }
