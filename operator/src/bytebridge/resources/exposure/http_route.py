"""An HTTPRoute of the Gateway API to the Service."""

from bytebridge.api.exposure import Exposure, ParentRef, Provider
from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, child_metadata


def http_route(service: ScalableService, exposure: Exposure) -> Manifest:
    """A route by hosts and path, attached to Gateways that somebody else runs.

    The request timeout is in the standard channel from Gateway API 1.2
    (gateway-api.sigs.k8s.io/api-types/httproute/#timeouts-optional). GKE takes it from a
    GCPBackendPolicy instead.
    """
    metadata = child_metadata(service)
    if exposure.annotations:
        metadata["annotations"] = dict(exposure.annotations)
    rule: Manifest = {
        "matches": [{"path": {"type": "PathPrefix", "value": exposure.path}}],
        "backendRefs": [{"name": service.metadata.name, "port": service.spec.port}],
    }
    if exposure.provider is Provider.GENERIC:
        rule["timeouts"] = {"request": f"{exposure.timeout_seconds}s"}
    spec: Manifest = {"parentRefs": [_parent(each) for each in exposure.parent_refs or ()]}
    if exposure.hosts:
        spec["hostnames"] = list(exposure.hosts)
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": metadata,
        "spec": {**spec, "rules": [rule]},
    }


def _parent(reference: ParentRef) -> Manifest:
    return reference.model_dump(by_alias=True, exclude_none=True)
