"""Objects of the tests, and a small client for them."""

import time
from collections.abc import Callable
from typing import Any

from kubernetes import client, config
from urllib3.exceptions import HTTPError

from bytebridge.api.names import GROUP, PLURAL, VERSION

Manifest = dict[str, Any]


def scalable_service(name: str, **scaling: Any) -> Manifest:
    """A service of the fastapi preset with a queue gauge."""
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "ScalableService",
        "metadata": {"name": name},
        "spec": {
            "template": {"spec": {"containers": [container()]}},
            "scaling": {
                "minReplicas": 2,
                "maxReplicas": 40,
                "concurrencyPerReplica": 4,
                "objective": {"latencyMilliseconds": 200},
                "scaleDown": {"holdSeconds": 5},
                **scaling,
            },
            "metrics": {
                "preset": "fastapi",
                "scrapeIntervalSeconds": 1,
                "queries": {
                    "queueDepth": (
                        "sum by (namespace, scaling_bytebridge_io_service) "
                        "(last_over_time(test_queue_depth[15s]))"
                    )
                },
            },
        },
    }


def container() -> Manifest:
    return {"name": "app", "image": "example", "resources": {"requests": {"cpu": "100m"}}}


def deployment(name: str, replicas: int) -> Manifest:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container()]}},
        },
    }


class Cluster:
    """What tests do to one namespace."""

    def __init__(self, kubeconfig: str, namespace: str) -> None:
        api = config.new_client_from_config(kubeconfig)
        self.namespace = namespace
        self.apps: Any = client.AppsV1Api(api)
        self.core: Any = client.CoreV1Api(api)
        self.hpas: Any = client.AutoscalingV2Api(api)
        self.policy: Any = client.PolicyV1Api(api)
        self.discovery: Any = client.DiscoveryV1Api(api)
        self.custom: Any = client.CustomObjectsApi(api)

    def create(self, manifest: Manifest) -> None:
        if manifest["kind"] == "Deployment":
            self.apps.create_namespaced_deployment(self.namespace, manifest)
        else:
            self.custom.create_namespaced_custom_object(
                GROUP, VERSION, self.namespace, PLURAL, manifest
            )

    def patch(self, name: str, body: Manifest) -> None:
        self.custom.patch_namespaced_custom_object(
            GROUP, VERSION, self.namespace, PLURAL, name, body
        )

    def delete(self, name: str) -> None:
        self.custom.delete_namespaced_custom_object(GROUP, VERSION, self.namespace, PLURAL, name)

    def service(self, name: str) -> Manifest:
        found: Manifest = self.custom.get_namespaced_custom_object(
            GROUP, VERSION, self.namespace, PLURAL, name
        )
        return found

    def statuses(self) -> Manifest:
        """Status of every service."""
        found: Manifest = self.custom.list_namespaced_custom_object(
            GROUP, VERSION, self.namespace, PLURAL
        )
        return {item["metadata"]["name"]: item.get("status") for item in found["items"]}

    def condition(self, name: str, kind: str) -> tuple[str, str] | None:
        """Status and reason of a condition."""
        for item in self.service(name).get("status", {}).get("conditions", []):
            if item["type"] == kind:
                return item["status"], item["reason"]
        return None

    def replicas(self, name: str) -> int:
        return int(self.apps.read_namespaced_deployment(name, self.namespace).spec.replicas)

    def ready(self, name: str) -> int:
        status = self.apps.read_namespaced_deployment(name, self.namespace).status
        return int(status.ready_replicas or 0)

    def settled(self, name: str) -> int | None:
        """Replicas, once every pod that there is is Ready and wanted; `None` before."""
        status = self.apps.read_namespaced_deployment(name, self.namespace)
        wanted = int(status.spec.replicas)
        pods = self.core.list_namespaced_pod(self.namespace).items
        return wanted if status.status.ready_replicas == wanted == len(pods) else None

    def floor(self, name: str) -> int:
        hpa = self.hpas.read_namespaced_horizontal_pod_autoscaler(name, self.namespace)
        return int(hpa.spec.min_replicas)

    def scale(self, name: str, replicas: int) -> None:
        body = {"spec": {"replicas": replicas}}
        self.apps.patch_namespaced_deployment_scale(name, self.namespace, body)

    def names(self) -> list[str]:
        """Kinds of children that exist, by their owner's name."""
        return sorted(
            f"{kind}/{item.metadata.name}"
            for kind, items in {
                "deployment": self.apps.list_namespaced_deployment(self.namespace).items,
                "hpa": self.hpas.list_namespaced_horizontal_pod_autoscaler(self.namespace).items,
                "pdb": self.policy.list_namespaced_pod_disruption_budget(self.namespace).items,
                "service": self.core.list_namespaced_service(self.namespace).items,
            }.items()
            for item in items
        )


def pods_that_serve(cluster: Cluster, name: str = "nlp") -> Callable[[], int]:
    """The pods that serve, for the load; those last seen while the API server is gone."""
    last = 0

    def ready() -> int:
        nonlocal last
        try:
            last = cluster.ready(name)
        except client.ApiException:
            last = 0
        except HTTPError:
            pass
        return last

    return ready


def wait_for(what: str, seen: Callable[[], object], wanted: object, seconds: float = 30) -> None:
    """Look until it is so; fail with what was seen last."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            last = seen()
        except client.ApiException as error:
            last = f"HTTP {error.status}"
        if last == wanted:
            return
        time.sleep(0.1)
    raise AssertionError(f"{what}: wanted {wanted!r} within {seconds} s, last seen {last!r}")


def stays(what: str, seen: Callable[[], object], wanted: object, seconds: float) -> None:
    """Look all the time; fail at once when it is not so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        last = seen()
        assert last == wanted, f"{what}: wanted {wanted!r} all the time, saw {last!r}"
        time.sleep(0.1)
