"""What a load balancer's own health check asks pods for."""

from collections.abc import Mapping
from typing import Any, Final

from bytebridge.api.balancers import HealthCheck
from bytebridge.api.exposure import Exposure
from bytebridge.api.service import ScalableService
from bytebridge.resources.pod_template import app_container

UNKNOWN_PATH: Final = "/"
"""Both vendors' default."""


def health_check_of(exposure: Exposure) -> HealthCheck:
    """The health check, or the default one."""
    return exposure.health_check or HealthCheck()


def health_check_path(service: ScalableService, exposure: Exposure) -> str:
    """The path that is asked for: one that Kubernetes asks for already is surely answered."""
    own = health_check_of(exposure).path
    if own is not None:
        return own
    template = service.spec.template
    if template is None:
        return UNKNOWN_PATH
    app = app_container(service, template["spec"])
    probe = (app.get("readinessProbe") or {}).get("httpGet") or {}
    if _number(probe.get("port"), app) != service.spec.port:
        return UNKNOWN_PATH
    return str(probe.get("path") or UNKNOWN_PATH)


def _number(port: object, app: Mapping[str, Any]) -> object:
    """A port by its number, where the container gives it a name."""
    numbers = {item.get("name"): item["containerPort"] for item in app.get("ports") or ()}
    return numbers.get(port, port)
