"""All children that expose a service."""

from typing import Final

from bytebridge.api.exposure import Exposure, Provider
from bytebridge.api.service import ScalableService
from bytebridge.resources.exposure.gke import backend_config, gateway_policies
from bytebridge.resources.exposure.http_route import http_route
from bytebridge.resources.exposure.ingress import ingress
from bytebridge.resources.ownership import Manifest

EXPOSURE_KINDS: Final = (
    "BackendConfig",
    "GCPBackendPolicy",
    "HealthCheckPolicy",
    "Ingress",
    "HTTPRoute",
)
"""Every kind that any exposure makes; all bear the service's name."""


def exposure_children(service: ScalableService) -> list[Manifest]:
    """In the order in which they are applied: how to drain is known before requests come."""
    exposure = service.spec.exposure
    if exposure is None:
        return []
    if exposure.is_route:
        policies = gateway_policies(service, exposure) if _on_gke(exposure) else []
        return [*policies, http_route(service, exposure)]
    configs = [backend_config(service, exposure)] if _on_gke(exposure) else []
    return [*configs, ingress(service, exposure)]


def exposure_kinds(exposure: Exposure) -> tuple[str, ...]:
    """The kinds of `exposure_children`, without building them."""
    if exposure.is_route:
        policies = ("GCPBackendPolicy", "HealthCheckPolicy") if _on_gke(exposure) else ()
        return (*policies, "HTTPRoute")
    return ("BackendConfig", "Ingress") if _on_gke(exposure) else ("Ingress",)


def _on_gke(exposure: Exposure) -> bool:
    return exposure.provider is Provider.GKE
