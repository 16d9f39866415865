"""The operator under exactly the chart's account: nothing is denied, and no permission is idle."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kubernetes import client, config
from kubernetes.client import ApiException
from kubernetes.dynamic import DynamicClient

from bytebridge.api.names import BUDGET_KIND, BUDGET_PLURAL, GROUP, VERSION
from bytebridge.lab.cluster import Lab
from bytebridge.lab.kubeconfig import kubeconfig, write_private
from support.audit import Permission, Request, permissions, requests_of
from support.chart import ROOT, of_kind, render
from support.load import LoadExporter
from support.objects import (
    Cluster,
    Manifest,
    deployment,
    pods_that_serve,
    scalable_service,
    wait_for,
)
from support.operator_process import RELISTS_SOON, running_operator
from support.routes import Routes

RBAC = ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
FORBIDDEN = 403
USERS_ROLES = "rbac.authorization.k8s.io/aggregate-to-"


class Installed(NamedTuple):
    """The chart's account and roles on the API server."""

    account: str
    """As the audit log names it."""
    kubeconfig: str
    environment: dict[str, str]
    granted: set[Permission]


@contextmanager
def _installed(
    lab: Lab, folder: Path, namespace: str, values: dict[str, Any]
) -> Iterator[Installed]:
    """What `helm install` makes for the account, and what it sets in the operator's pod."""
    settings = {
        "prometheus": {"url": lab.prometheus_url},
        "tickSeconds": 1,
        "listenHost": "127.0.0.1",
    }
    manifests = render(folder, settings | values, namespace, namespace)
    api = config.new_client_from_config(str(lab.kubeconfig))
    server, rbac = DynamicClient(api), of_kind(manifests, *RBAC)
    for manifest in rbac:
        _resource(server, manifest).create(body=manifest, namespace=_namespace(manifest))
    (account,) = of_kind(manifests, "ServiceAccount")
    name = account["metadata"]["name"]
    core: Any = client.CoreV1Api(api)
    token = core.create_namespaced_service_account_token(name, namespace, {"spec": {}})
    text = kubeconfig(lab.server, lab.ca_file, name, token.status.token)
    file = write_private(folder / "account.kubeconfig", text)
    pod = of_kind(manifests, "Deployment")[0]["spec"]["template"]["spec"]
    environment = {item["name"]: item["value"] for item in pod["containers"][0]["env"]}
    del environment["BYTEBRIDGE_LISTEN_PORT"]  # a free one is taken
    operators = [role for role in of_kind(rbac, "Role", "ClusterRole") if not _is_for_users(role)]
    try:
        yield Installed(
            f"system:serviceaccount:{namespace}:{name}",
            str(file),
            environment | {"KUBECONFIG": str(file)},
            permissions(operators),
        )
    finally:
        for manifest in rbac:
            _resource(server, manifest).delete(
                name=manifest["metadata"]["name"], namespace=_namespace(manifest)
            )


def _is_for_users(role: Manifest) -> bool:
    return any(label.startswith(USERS_ROLES) for label in role["metadata"]["labels"])


def _resource(server: DynamicClient, manifest: Manifest) -> Any:
    return server.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])


def _namespace(manifest: Manifest) -> str | None:
    found: str | None = manifest["metadata"].get("namespace")
    return found


@pytest.mark.parametrize("everywhere", [True, False], ids=["all namespaces", "one namespace"])
def test_every_permission_is_needed_and_none_is_missing(
    lab: Lab,
    load: LoadExporter,
    cluster: Cluster,
    tmp_path: Path,
    everywhere: bool,
) -> None:
    values = {} if everywhere else {"watchNamespaces": [cluster.namespace]}
    with _installed(lab, tmp_path, cluster.namespace, values) as installed:

        def looked_at_events() -> bool:
            return any(
                request.method == "GET" and request.path.endswith("/events")
                for request in requests_of(lab.audit_log, installed.account)
            )

        with running_operator(
            lab, tmp_path, environment=installed.environment, program=RELISTS_SOON
        ):
            _live(cluster, load, looked_at_events)
        requests = requests_of(lab.audit_log, installed.account)
    denied = [request for request in requests if request.status == FORBIDDEN]
    used = {need for request in requests for need in request.needs}
    print(_table(requests))
    assert not denied
    lists = [r for r in requests if r.path.endswith("/scalableservices") and r.method == "GET"]
    assert len(lists) > 2, "the first, the watch's, and one that looks for deletions"
    assert installed.granted - used == set(), "granted, and never used"
    assert used - installed.granted == set(), "used, and granted by somebody else"
    documented = _documented()
    assert set(documented) == installed.granted
    seen = {(need, f"{r.method} {r.path}") for r in requests for need in r.needs}
    missing = {item for item in documented.items() if item not in seen}
    assert not missing, "docs/security.md: not the request that was seen"


def _live(cluster: Cluster, load: LoadExporter, looked_at_events: Callable[[], bool]) -> None:
    """The life of services: every child in every mode, load, drift, adoption, deletion."""
    _create_budget(cluster)
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    cluster.create(_with_pooler_and_cache("nlp"))
    rag = _with_readers_by_address("rag")
    rag["spec"]["exposure"] = {"provider": "gke"}
    cluster.create(rag)
    cluster.create(_never_started("stuck"))
    wait_for("pods that wait for a volume", lambda: _wait_for_volumes(cluster), wanted=2)
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"), 60)
    wait_for("Ready", lambda: cluster.condition("rag", "Ready"), ("True", "ReplicasReady"), 60)
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=200)
    wait_for("scaled up", lambda: cluster.replicas("nlp") > 2, wanted=True, seconds=60)
    _drift(cluster)
    _adopt(cluster, load)
    assert _extras(cluster), "pooler, cache and readers"
    _expose_by_gateway(cluster, "rag")
    for name in ("nlp", "rag"):
        cluster.patch(name, {"spec": {"cache": None, "database": None}})
    wait_for("pooler, cache and readers are gone", lambda: _extras(cluster), [], 60)
    wait_for("Events are looked at", looked_at_events, wanted=True, seconds=60)
    cluster.delete("nlp")
    cluster.custom.delete_cluster_custom_object(GROUP, VERSION, BUDGET_PLURAL, cluster.namespace)


def _expose_by_gateway(cluster: Cluster, name: str) -> None:
    """From a GKE Ingress to a GKE Gateway, to nothing."""
    routes = Routes(cluster, name)
    wait_for("by Ingress", routes.kinds, ["Ingress", "BackendConfig"])
    exposure = {"type": "HTTPRoute", "provider": "gke", "parentRefs": [{"name": "public"}]}
    cluster.patch(name, {"spec": {"exposure": exposure}})
    by_gateway = ["HTTPRoute", "GCPBackendPolicy", "HealthCheckPolicy"]
    wait_for("by Gateway", routes.kinds, by_gateway)
    cluster.patch(name, {"spec": {"exposure": None}})
    wait_for("not exposed", routes.kinds, [])


def _extras(cluster: Cluster) -> list[str]:
    return [name for name in cluster.names() if re.search("/(nlp|rag)-", name)]


def _drift(cluster: Cluster) -> None:
    name, namespace = "nlp", cluster.namespace
    cluster.policy.patch_namespaced_pod_disruption_budget(
        name, namespace, {"spec": {"maxUnavailable": 5}}
    )

    def budget() -> object:
        found = cluster.policy.read_namespaced_pod_disruption_budget(name, namespace)
        return found.spec.max_unavailable

    wait_for("the budget is back", budget, "10%")


def _adopt(cluster: Cluster, load: LoadExporter) -> None:
    cluster.create(deployment("legacy", 1))
    service = scalable_service("adopted")
    service["spec"] |= {"targetRef": {"kind": "Deployment", "name": "legacy"}}
    del service["spec"]["template"]
    load.set(cluster.namespace, "adopted", ready=pods_that_serve(cluster, "legacy"), rate=100)
    cluster.create(service)
    wait_for("adopted", lambda: cluster.replicas("legacy") > 2, wanted=True, seconds=60)


def _create_budget(cluster: Cluster) -> None:
    body = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": BUDGET_KIND,
        "metadata": {"name": cluster.namespace},
        "spec": {"host": "10.20.0.5", "maxConnections": 900},
    }
    cluster.custom.create_cluster_custom_object(GROUP, VERSION, BUDGET_PLURAL, body)


def _with_pooler_and_cache(name: str) -> Manifest:
    service = scalable_service(name)
    service["spec"]["cache"] = {"redis": {"mode": "Shared", "memory": "256Mi", "exporter": {}}}
    pooler = {"mode": "transaction", "placement": "Deployment"}
    service["spec"]["database"] = {"postgres": {**_postgres(), "pooler": pooler}}
    return service


def _never_started(name: str) -> Manifest:
    service = scalable_service(name)
    annotations = {"lab.bytebridge.io/startup-seconds": "600"}
    service["spec"]["template"]["metadata"] = {"annotations": annotations}
    return service


def _wait_for_volumes(cluster: Cluster) -> int:
    """Tell of the pods, as a kubelet does, that their containers are still being created."""
    creating = {"waiting": {"reason": "ContainerCreating"}}
    status = {"name": "app", "image": "example", "imageID": "", "ready": False, "restartCount": 0}
    body = {"status": {"containerStatuses": [{**status, "state": creating}]}}
    pods = cluster.core.list_namespaced_pod(
        cluster.namespace, label_selector="scaling.bytebridge.io/service=stuck"
    ).items
    running = [pod.metadata.name for pod in pods if pod.status.phase == "Running"]
    for name in running:
        cluster.core.patch_namespaced_pod_status(name, cluster.namespace, body)
    return len(running)


def _with_readers_by_address(name: str) -> Manifest:
    """Several readers behind one name: an EndpointSlice of the operator's."""
    service = scalable_service(name)
    readers = [{"host": "10.20.0.6"}, {"host": "10.20.0.7"}]
    service["spec"]["database"] = {"postgres": {**_postgres(), "readers": readers}}
    return service


def _postgres() -> Manifest:
    return {
        "database": "legal",
        "writer": {"host": "10.20.0.5"},
        "credentials": {"secretName": "legal-db-app"},
        "maxConnections": 900,
    }


def _table(requests: list[Request]) -> str:
    rows = {(need, f"{r.method} {r.path}") for r in requests for need in r.needs}
    return "\n".join(f"| {n.resource} | {n.verb} | `{text}` |" for n, text in sorted(rows))


def _documented() -> dict[Permission, str]:
    """The rows of docs/security.md."""
    text = (ROOT / "docs" / "security.md").read_text()
    rows = re.findall(r"^\| (\S+) \| (\w+) \| `(.+?)` \|", text, re.MULTILINE)
    return {Permission(resource, verb): request for resource, verb, request in rows}


def test_the_account_reads_no_secrets_and_changes_no_roles(
    lab: Lab, cluster: Cluster, tmp_path: Path
) -> None:
    namespace = cluster.namespace
    cluster.core.create_namespaced_secret(namespace, {"metadata": {"name": "password"}})
    with _installed(lab, tmp_path, namespace, {}) as installed:
        account = config.new_client_from_config(installed.kubeconfig)
        core: Any = client.CoreV1Api(account)
        roles: Any = client.RbacAuthorizationV1Api(account)
        apps: Any = client.AppsV1Api(account)
        assert apps.list_namespaced_deployment(namespace).items == []
        refused: dict[str, Callable[[], object]] = {
            "get a Secret": lambda: core.read_namespaced_secret("password", namespace),
            "list Secrets": lambda: core.list_namespaced_secret(namespace),
            "list all Secrets": core.list_secret_for_all_namespaces,
            "get a ConfigMap": lambda: core.read_namespaced_config_map("x", namespace),
            "run a pod": lambda: core.create_namespaced_pod(namespace, {"metadata": {"name": "x"}}),
            "grant": roles.list_cluster_role,
            "act as another": lambda: core.create_namespaced_service_account_token(
                "default", namespace, {"spec": {}}
            ),
        }
        for what, attempt in refused.items():
            with pytest.raises(ApiException) as refusal:
                attempt()
            assert refusal.value.status == FORBIDDEN, what


@pytest.mark.parametrize(
    ("role", "permission"),
    [
        ("view", Permission(f"scalableservices.{GROUP}", "list")),
        ("edit", Permission(f"scalableservices.{GROUP}", "patch")),
        ("admin", Permission(f"databasebudgets.{GROUP}", "patch")),
    ],
)
def test_the_roles_of_users_are_aggregated(
    lab: Lab, cluster: Cluster, tmp_path: Path, role: str, permission: Permission
) -> None:
    api: Any = client.RbacAuthorizationV1Api(config.new_client_from_config(str(lab.kubeconfig)))

    def holds() -> bool:
        return permission in permissions(
            [api.api_client.sanitize_for_serialization(api.read_cluster_role(role))]
        )

    assert not holds()
    with _installed(lab, tmp_path, cluster.namespace, {}):
        wait_for(f"{role} has it", holds, wanted=True)
    wait_for(f"{role} has it no more", holds, wanted=False)
