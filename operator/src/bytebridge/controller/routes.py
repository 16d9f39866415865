"""What is remembered of Ingresses, HTTPRoutes and what belongs to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

ChildKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class RouteView:
    """How the load balancer's controller sees one object."""

    address: str | None
    """Of an Ingress; `None`: none is assigned."""
    accepted: bool | None
    """Of an HTTPRoute, by its Gateways; `None`: none has said."""
    refusal: str
    """Why it is not accepted."""
    annotations: Mapping[str, str]
    leaving: bool
    """It is deleted, and finalizers hold it."""


@dataclass(slots=True)
class ExposureMemory:
    """Of one service: what was last applied, and what stands in the way."""

    obstacle: tuple[str, str] | None = None
    generation: int = 0
    """Of the spec that the children show."""
    applied: dict[ChildKey, str] = field(default_factory=dict)
    """Fingerprints that the last apply left."""
    built: dict[ChildKey, str] = field(default_factory=dict)
    """Digests of the manifests that were last applied."""
    annotations: dict[ChildKey, Mapping[str, str]] = field(default_factory=dict)
    """That the last apply asked for; controllers add theirs."""


def route_view(body: Mapping[str, Any]) -> RouteView:
    """Project any child that exposes a service."""
    metadata = body["metadata"]
    accepted, refusal = _acceptance(body)
    return RouteView(
        address=", ".join(_addresses(body)) or None,
        accepted=accepted,
        refusal=refusal,
        annotations=metadata.get("annotations", {}),
        leaving="deletionTimestamp" in metadata,
    )


def _addresses(body: Mapping[str, Any]) -> Iterator[str]:
    for point in body.get("status", {}).get("loadBalancer", {}).get("ingress") or ():
        address = point.get("hostname") or point.get("ip")
        if address:
            yield str(address)


def _acceptance(body: Mapping[str, Any]) -> tuple[bool | None, str]:
    """What Gateways say of this generation: `Accepted`, and that the Service was found.

    Source: gateway-api.sigs.k8s.io/api-types/httproute/#routestatus.
    """
    generation, accepted = body["metadata"].get("generation", 0), None
    for parent in body.get("status", {}).get("parents") or ():
        for item in parent.get("conditions") or ():
            relevant = item["type"] in {"Accepted", "ResolvedRefs"}
            if not relevant or item.get("observedGeneration", generation) < generation:
                continue
            if item["status"] == "False":
                gateway = parent["parentRef"]["name"]
                return False, f"Gateway {gateway}: {item['reason']}: {item['message']}"
            if item["type"] == "Accepted" and item["status"] == "True":
                accepted = True
    return accepted, ""
