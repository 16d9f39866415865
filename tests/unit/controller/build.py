"""Objects as the watches deliver them, and a cluster that takes every write."""

import datetime as dt
from typing import Any

from bytebridge.controller.service_pass import Surroundings
from bytebridge.controller.store import Store

KEY = ("legal", "nlp")
TICK_SECONDS = 5.0


def service_body(annotations: dict[str, str] | None = None, **scaling: Any) -> dict[str, Any]:
    return {
        "apiVersion": "scaling.bytebridge.io/v1alpha1",
        "kind": "ScalableService",
        "metadata": {
            "namespace": KEY[0],
            "name": KEY[1],
            "uid": "1",
            "generation": 1,
            "creationTimestamp": "2026-03-02T08:00:00Z",
            "annotations": annotations or {},
        },
        "spec": {
            "template": {"spec": {"containers": [{"name": "app", "image": "example"}]}},
            "scaling": {
                "minReplicas": 2,
                "maxReplicas": 40,
                "objective": {"latencyMilliseconds": 200},
                **scaling,
            },
        },
    }


def deployment_body(replicas: int, ready: int) -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": KEY[0],
            "name": KEY[1],
            "ownerReferences": [
                {"kind": "ScalableService", "name": KEY[1], "uid": "1", "controller": True}
            ],
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": KEY[1]}},
            "template": {"metadata": {"labels": {"app": KEY[1]}}},
        },
        "status": {"readyReplicas": ready},
    }


class WillingCluster:
    """Takes every write, and shows one Deployment whatever is applied to it."""

    def __init__(self) -> None:
        self.status: dict[str, Any] = {}
        self.deployment = deployment_body(2, 2)
        self.applied: list[dict[str, Any]] = []
        self.scaled: list[int] = []

    async def apply(self, manifest: dict[str, Any], **_: Any) -> dict[str, Any]:
        self.applied.append(manifest)
        return self.deployment if manifest["kind"] == "Deployment" else manifest

    async def find(self, *_: Any) -> None: ...

    async def pods(self, *_: Any) -> list[Any]:
        return []

    async def create(self, *_: Any) -> None: ...

    async def scale(self, _namespace: str, _name: str, replicas: int) -> None:
        self.scaled.append(replicas)

    async def patch_status(self, _namespace: str, _name: str, status: dict[str, Any]) -> None:
        self.status = status


class Clock:
    """Wall time and monotonic time of the test."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return 1_000.0 + self.seconds

    def now(self) -> dt.datetime:
        return dt.datetime(2026, 3, 2, 7, 59, tzinfo=dt.UTC) + dt.timedelta(seconds=self.seconds)


def surroundings(cluster: WillingCluster, clock: Clock) -> Surroundings:
    client: Any = cluster
    return Surroundings(Store(TICK_SECONDS), client, False, clock.monotonic, clock.now)
