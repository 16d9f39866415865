"""The Deployment of a service that brings its own template."""

from typing import Final

from bytebridge.api.names import POOLS_ANNOTATION
from bytebridge.api.pooler import Placement
from bytebridge.api.service import ScalableService
from bytebridge.budget.peak import SURGE_PERCENT
from bytebridge.resources.ownership import Manifest, child_metadata, pod_selector
from bytebridge.resources.pod_template import complete_template
from bytebridge.resources.termination import DEFAULT_GRACE_SECONDS
from bytebridge.resources.wiring import UNWIRED, Wiring

PROGRESS_SECONDS: Final = 600
"""Kubernetes' default of progressDeadlineSeconds."""


def deployment(service: ScalableService, wiring: Wiring = UNWIRED) -> Manifest:
    """The Deployment, without `spec.replicas`: scaling owns that field, not apply."""
    metadata, template = child_metadata(service), complete_template(service, wiring)
    if wiring.grants:
        metadata["annotations"] = {POOLS_ANNOTATION: wiring.pools}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "selector": {"matchLabels": pod_selector(service)},
            # Capacity never falls below what was decided while a new template rolls out.
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": f"{SURGE_PERCENT}%", "maxUnavailable": 0},
            },
            **(_slow_enough(template["spec"]) if _pods_hold_connections(service, wiring) else {}),
            "template": template,
        },
    }


def initial_replicas(service: ScalableService, wiring: Wiring = UNWIRED) -> int:
    """Replicas at creation only, before the first decision."""
    ceilings = [grant.ceiling for grant in wiring.grants.values()]
    return min([service.spec.scaling.min_replicas, *ceilings])


def _pods_hold_connections(service: ScalableService, wiring: Wiring) -> bool:
    """Not so where a pooler Deployment holds them: then pods may come and go as they like."""
    postgres = service.spec.database.postgres
    pooler = postgres.pooler if postgres else None
    return bool(wiring.grants) and (pooler is None or pooler.placement is Placement.SIDECAR)


def _slow_enough(pod_spec: Manifest) -> Manifest:
    """A rollout replaces no more pods than the budget counts as terminating, see `budget.peak`."""
    grace = pod_spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE_SECONDS)
    deadline = {"progressDeadlineSeconds": 2 * grace} if grace >= PROGRESS_SECONDS else {}
    return {"minReadySeconds": grace, **deadline}
