"""The few parts of watched objects that are kept; thousands of whole objects would not fit."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bytebridge.api.names import KIND, POOLS_ANNOTATION, SERVICE_LABEL
from bytebridge.cluster.kinds import LISTED_KINDS
from bytebridge.resources.exposure.gke import BACKEND_CONFIG_ANNOTATION, NEG_ANNOTATION

Body = Mapping[str, Any]

SERVICE_ANNOTATIONS = (BACKEND_CONFIG_ANNOTATION, NEG_ANNOTATION)
"""That the operator sets on Services; others there are other controllers'."""
RESTARTED_ANNOTATION = "kubectl.kubernetes.io/restartedAt"
METADATA_KINDS = frozenset(kind.name for kind in LISTED_KINDS)


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """A Deployment."""

    spec_replicas: int
    ready: int
    labels: Mapping[str, str]
    """What selects its pods."""
    template_hash: str
    pools: str = ""
    """Pool sizes that its template holds, as the operator has annotated them."""
    rolled_out: bool = True
    """All its pods are of the present template."""
    terminating: int | None = None
    """Pods that are not gone yet; `None`: the cluster does not tell."""

    @property
    def starting(self) -> int:
        """Replicas asked for that are not Ready."""
        return max(0, self.spec_replicas - self.ready)


@dataclass(frozen=True, slots=True)
class HpaView:
    """A HorizontalPodAutoscaler."""

    name: str
    target: str
    min_replicas: int
    has_metric: bool
    owner: str | None
    """`Kind/uid` of its controller."""


@dataclass(frozen=True, slots=True)
class ChildView:
    """A child as it is: its fingerprint without what scaling changes."""

    fingerprint: str
    service: str | None
    """The ScalableService that controls it."""


def deployment_view(body: Body) -> DeploymentView:
    """Project a Deployment."""
    spec, status = body["spec"], body.get("status", {})
    return DeploymentView(
        spec_replicas=spec.get("replicas", 1),
        ready=status.get("readyReplicas", 0),
        labels=spec["selector"].get("matchLabels", {}),
        template_hash=_hash(_lasting(spec["template"])),
        pools=body["metadata"].get("annotations", {}).get(POOLS_ANNOTATION, ""),
        rolled_out=_rolled_out(body),
        terminating=status.get("terminatingReplicas"),
    )


def _lasting(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """A template without what `kubectl rollout restart` leaves in it: the pods are the same."""
    metadata = template.get("metadata", {})
    annotations = metadata.get("annotations", {})
    if RESTARTED_ANNOTATION not in annotations:
        return template
    kept = {name: value for name, value in annotations.items() if name != RESTARTED_ANNOTATION}
    rest = {name: value for name, value in metadata.items() if name != "annotations"}
    return {**template, "metadata": rest | ({"annotations": kept} if kept else {})}


def _rolled_out(body: Body) -> bool:
    """The Deployment controller has seen this spec, and no pod of an older one is left."""
    status = body.get("status", {})
    seen = status.get("observedGeneration", 0) >= body["metadata"].get("generation", 0)
    return bool(seen and status.get("updatedReplicas", 0) == status.get("replicas", 0))


def hpa_view(body: Body) -> HpaView:
    """Project an HPA."""
    spec, owner = body["spec"], _controller(body)
    conditions = body.get("status", {}).get("conditions", [])
    return HpaView(
        name=body["metadata"]["name"],
        target=spec["scaleTargetRef"]["name"],
        min_replicas=spec.get("minReplicas", 1),
        has_metric=any(
            item["type"] == "ScalingActive" and item["status"] == "True" for item in conditions
        ),
        owner=f"{owner['kind']}/{owner['uid']}" if owner else None,
    )


def child_view(kind: str, body: Body) -> ChildView:
    """Project any child; scaling owns replicas and minReplicas, so they are left out.

    Of kinds that are listed without their contents, nothing but the metadata counts.
    """
    steered = {"replicas", "minReplicas"}
    content = body.get("spec", {}) if kind not in METADATA_KINDS else {}
    spec = {key: value for key, value in content.items() if key not in steered}
    metadata, owner = body["metadata"], _controller(body)
    label = metadata.get("labels", {}).get(SERVICE_LABEL)
    annotations = metadata.get("annotations", {}) if kind == "Service" else {}
    kept = [annotations.get(name) for name in SERVICE_ANNOTATIONS]
    return ChildView(
        fingerprint=_hash([spec, label, metadata.get("ownerReferences", []), kept]),
        service=owner["name"] if owner and owner["kind"] == KIND else None,
    )


def _controller(body: Body) -> Mapping[str, Any] | None:
    for owner in body["metadata"].get("ownerReferences", []):
        if owner.get("controller"):
            found: Mapping[str, Any] = owner
            return found
    return None


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=dict)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
