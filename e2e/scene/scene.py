"""One namespace with the inference service, as a test sees it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bytebridge.api.names import SERVICE_LABEL
from e2e.cluster.cluster import Cluster
from e2e.manifests.render import Manifest, clause_service, render
from e2e.scene.load import LoadRun, start_load
from support.objects import Cluster as Objects
from support.objects import wait_for

NAME: Final = "clause-classifier"
READY_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Scene:
    """The service, and what can be done to it.

    Attributes:
        cluster: Where.
        objects: Its namespace.
        images: Tags by name.
    """

    cluster: Cluster
    objects: Objects
    images: Mapping[str, str]

    @property
    def namespace(self) -> str:
        """Where the service is."""
        return self.objects.namespace

    def apply(self, *manifests: Manifest) -> None:
        """`kubectl apply`."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        self.cluster.kubectl("-n", self.namespace, "apply", "-f", "-", given=json.dumps(listed))

    def serve(self, *parts: str, **scaling: Any) -> None:
        """Apply the service and wait until it is Ready.

        Args:
            parts: `cache`, `database`, `pooler`.
            scaling: Fields of `spec.scaling` that differ.
        """
        if "database" in parts:
            self.apply(*render("postgres", self.images))
            self.cluster.kubectl("-n", self.namespace, "rollout", "status", "deployment/postgres")
        service = clause_service(self.images, *parts)
        service["spec"]["scaling"] |= scaling
        self.apply(service)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait for the condition Ready."""
        ready = ("True", "ReplicasReady")
        wait_for("Ready", lambda: self.condition("Ready"), ready, READY_SECONDS)

    def load(self, name: str, profile: str, repeated: float = 0.0) -> LoadRun:
        """Start a load and wait until requests are being sent."""
        started = start_load(
            self.cluster, self.namespace, self.images, name, profile, repeated=repeated
        )
        wait_for("requests are sent", started.running, wanted=True, seconds=90)
        return started

    def condition(self, kind: str) -> tuple[str, str] | None:
        """Status and reason of a condition; `None` before it is there."""
        return self.objects.condition(NAME, kind)

    def status(self) -> dict[str, Any]:
        """Of the ScalableService."""
        found: dict[str, Any] = self.objects.service(NAME).get("status", {})
        return found

    def replicas(self) -> int:
        """As the Deployment's spec has them."""
        return self.objects.replicas(NAME)

    def reach(self, replicas: int, seconds: float) -> None:
        """Wait for at least so many replicas, asked for."""
        wait_for(
            f"{replicas} replicas",
            lambda: self.replicas() >= replicas,
            wanted=True,
            seconds=seconds,
        )

    def fall_to(self, replicas: int, seconds: float) -> None:
        """Wait for at most so many replicas."""
        wait_for(
            f"{replicas} replicas",
            lambda: self.replicas() <= replicas,
            wanted=True,
            seconds=seconds,
        )

    def pods(self) -> Sequence[Any]:
        """The service's own pods."""
        selector = f"{SERVICE_LABEL}={NAME}"
        return list(
            self.objects.core.list_namespaced_pod(self.namespace, label_selector=selector).items
        )

    def restarts(self) -> int:
        """Restarts of containers of pods that there are."""
        return sum(
            container.restart_count
            for pod in self.pods()
            for container in pod.status.container_statuses or []
        )
