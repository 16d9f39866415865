"""GKE's load balancers: a BackendConfig for Ingress, policies for Gateway.

Sources: cloud.google.com/kubernetes-engine/docs/how-to/ingress-configuration for BackendConfig,
cloud.google.com/kubernetes-engine/docs/how-to/configure-gateway-resources for the policies, and
googlecloudplatform.github.io/gke-gateway-api for their fields.
"""

import json
from collections.abc import Mapping
from typing import Final

from bytebridge.api.exposure import Exposure, Provider, Scheme
from bytebridge.api.service import ScalableService
from bytebridge.resources.exposure.health_check import health_check_of, health_check_path
from bytebridge.resources.ownership import Manifest, child_metadata
from bytebridge.resources.termination import balancer_drain_seconds

BACKEND_CONFIG_ANNOTATION: Final = "cloud.google.com/backend-config"
NEG_ANNOTATION: Final = "cloud.google.com/neg"

INGRESS_CLASSES: Final[Mapping[Scheme, str]] = {
    Scheme.INTERNAL: "gce-internal",
    Scheme.INTERNET_FACING: "gce",
}
"""GKE's controller goes by this annotation and ignores `ingressClassName`.

Source: cloud.google.com/kubernetes-engine/docs/concepts/ingress, "Controller behavior".
"""


def service_annotations(service: ScalableService) -> dict[str, str]:
    """What the Service needs for a GKE Ingress: its BackendConfig, and pods as endpoints.

    With network endpoint groups (".../how-to/container-native-load-balancing") the load balancer
    knows of each pod's end; instance groups would know nodes only. A Gateway always has them.
    """
    exposure = service.spec.exposure
    if exposure is None or exposure.provider is not Provider.GKE or exposure.is_route:
        return {}
    return {
        BACKEND_CONFIG_ANNOTATION: json.dumps({"default": service.metadata.name}),
        NEG_ANNOTATION: json.dumps({"ingress": True}),
    }


def backend_config(service: ScalableService, exposure: Exposure) -> Manifest:
    """Timeout, draining, health check and Cloud Armor of a GKE Ingress."""
    check = health_check_of(exposure)
    spec: Manifest = {
        "timeoutSec": exposure.timeout_seconds,
        "connectionDraining": {"drainingTimeoutSec": balancer_drain_seconds(exposure)},
        "healthCheck": {
            "type": "HTTP",
            "requestPath": health_check_path(service, exposure),
            "port": service.spec.port,
            "checkIntervalSec": check.interval_seconds,
            "timeoutSec": check.timeout_seconds,
        },
    }
    policy = _security_policy(exposure)
    if policy is not None:
        spec["securityPolicy"] = {"name": policy}
    return {
        "apiVersion": "cloud.google.com/v1",
        "kind": "BackendConfig",
        "metadata": child_metadata(service),
        "spec": spec,
    }


def gateway_policies(service: ScalableService, exposure: Exposure) -> list[Manifest]:
    """The same for a Gateway, where two policies are attached to the Service."""
    check, policy = health_check_of(exposure), _security_policy(exposure)
    backend: Manifest = {
        "timeoutSec": exposure.timeout_seconds,
        "connectionDraining": {"drainingTimeoutSec": balancer_drain_seconds(exposure)},
    }
    if policy is not None:
        backend["securityPolicy"] = policy
    path = health_check_path(service, exposure)
    http = {"requestPath": path, "portSpecification": "USE_FIXED_PORT", "port": service.spec.port}
    health = {
        "checkIntervalSec": check.interval_seconds,
        "timeoutSec": check.timeout_seconds,
        "config": {"type": "HTTP", "httpHealthCheck": http},
    }
    return [
        _policy(service, "GCPBackendPolicy", backend),
        _policy(service, "HealthCheckPolicy", health),
    ]


def _policy(service: ScalableService, kind: str, default: Manifest) -> Manifest:
    return {
        "apiVersion": "networking.gke.io/v1",
        "kind": kind,
        "metadata": child_metadata(service),
        "spec": {
            "default": default,
            "targetRef": {"group": "", "kind": "Service", "name": service.metadata.name},
        },
    }


def _security_policy(exposure: Exposure) -> str | None:
    return exposure.gke.security_policy if exposure.gke else None
