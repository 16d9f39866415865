"""The cluster itself: nodes, pods, addresses and names, before anything of the product.

The one program in the pods is kubectl, which is on every machine that runs these tests: as a
server (`kubectl proxy`) and as a client (`kubectl get --raw`).
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from e2e.cluster.archive import Image, write_archive
from e2e.cluster.cluster import Cluster
from e2e.cluster.errors import ClusterError
from e2e.cluster.waiting import until_it_works
from e2e.conftest import NODES

TAG = "bytebridge-e2e/kubectl:1"
PORT = 8001
WEB = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 1
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - {{topologyKey: kubernetes.io/hostname, labelSelector: {{matchLabels: {{app: web}}}}}}
      containers:
      - name: web
        image: {TAG}
        args: [proxy, --address=0.0.0.0, --accept-hosts=.*, --port={PORT}]
        readinessProbe: {{httpGet: {{path: /version, port: {PORT}}}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec:
  selector: {{app: web}}
  ports: [{{port: 80, targetPort: {PORT}}}]
"""


@pytest.fixture(scope="module")
def image(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    archive = tmp_path_factory.mktemp("image") / "image.tar"
    machine = cluster.engine.run("version", "--format", "{{.Server.Arch}}").strip()
    image = Image(TAG, {"kubectl": cluster.kubectl_program}, entrypoint=("/kubectl",))
    write_archive([image], machine, archive)
    cluster.engine.run("load", "--input", archive)
    cluster.load([TAG])
    return TAG


@pytest.fixture(scope="module")
def place(cluster: Cluster) -> Iterator[str]:
    with cluster.namespace() as name:
        yield name


@pytest.fixture(scope="module")
def web(cluster: Cluster, place: str, image: str) -> list[dict[str, Any]]:
    cluster.kubectl("-n", place, "apply", "--filename=-", given=WEB)
    cluster.kubectl("-n", place, "rollout", "status", "deployment/web", "--timeout=90s")
    pods: list[dict[str, Any]] = cluster.get("pods", "-n", place)["items"]
    for pod in pods:
        # A node learns of a service's pods a moment after they are Ready.
        until_it_works(partial(_get, cluster, place, pod, "http://web"), within_seconds=30)
    return pods


def test_all_nodes_are_ready(cluster: Cluster) -> None:
    ready = {
        node["metadata"]["name"]: condition["status"]
        for node in cluster.get("nodes")["items"]
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    }
    assert len(ready) == NODES
    assert set(ready.values()) == {"True"}


def test_pods_reach_each_other_across_nodes(
    cluster: Cluster, place: str, web: list[dict[str, Any]]
) -> None:
    one, other = web
    assert one["spec"]["nodeName"] != other["spec"]["nodeName"]
    for source, target in ((one, other), (other, one)):
        server = f"http://{target['status']['podIP']}:{PORT}"
        assert _get(cluster, place, source, server) == cluster.version()


def test_a_cluster_ip_answers_from_every_node(
    cluster: Cluster, place: str, web: list[dict[str, Any]]
) -> None:
    service = cluster.get("service", "web", "-n", place)
    for pod in web:
        # Each connection goes to either pod: of eight, some cross over to the other node.
        for _ in range(8):
            server = f"http://{service['spec']['clusterIP']}"
            assert _get(cluster, place, pod, server) == cluster.version()


def test_the_cluster_s_dns_resolves_a_service_on_every_node(
    cluster: Cluster, place: str, web: list[dict[str, Any]]
) -> None:
    for pod in web:
        for name in ("web", f"web.{place}.svc.cluster.local"):
            assert _get(cluster, place, pod, f"http://{name}") == cluster.version()


def test_logs_and_port_forwarding_reach_a_pod(
    cluster: Cluster, place: str, web: list[dict[str, Any]]
) -> None:
    name = web[0]["metadata"]["name"]
    assert "Starting to serve" in cluster.kubectl("-n", place, "logs", name)
    with cluster.forwarded(place, f"pod/{name}", PORT) as url:
        told = cluster.kubectl("--server", url, "get", "--raw", "/version")
    assert json.loads(told)["gitVersion"] == cluster.version()


@pytest.mark.usefixtures("metrics_server")
def test_cpu_and_memory_of_pods_are_measured(
    cluster: Cluster, place: str, web: list[dict[str, Any]]
) -> None:
    def measured() -> dict[str, str]:
        told = cluster.kubectl("top", "pods", "-n", place, "--no-headers")
        found = {line.split()[0]: line.split()[2] for line in told.splitlines()}
        if len(found) < len(web):
            raise ClusterError(f"only {found} are measured yet")
        return found

    memory = until_it_works(measured, within_seconds=60)
    assert set(memory) == {pod["metadata"]["name"] for pod in web}
    assert all(value.endswith("Mi") and value != "0Mi" for value in memory.values())


def _get(cluster: Cluster, namespace: str, pod: dict[str, Any], server: str) -> str:
    """The version that a server tells to a client in a pod."""
    name = pod["metadata"]["name"]
    command = ("/kubectl", "--server", server, "--request-timeout=5s", "get", "--raw", "/version")
    told = cluster.kubectl("-n", namespace, "exec", name, "--", *command)
    version: str = json.loads(told)["gitVersion"]
    return version
