"""`helm install`, `upgrade`, `uninstall` on a real API server; KWOK plays the operator's pods."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from bytebridge.api.names import BUDGET_KIND, BUDGET_PLURAL, GROUP, PAUSED_ANNOTATION, VERSION
from bytebridge.lab.cluster import Lab
from support.chart import CHART, helm
from support.load import LoadExporter
from support.objects import Cluster, Manifest, pods_that_serve, scalable_service, wait_for
from support.operator_process import running_operator

COLUMN = "    additionalPrinterColumns:\n"


def _next_version(folder: Path) -> Path:
    """The chart as its next version may be: a CRD has one more column."""
    chart = Path(shutil.copytree(CHART, folder / "next"))
    about = chart / "Chart.yaml"
    about.write_text(about.read_text().replace("\nversion: 0.1.0", "\nversion: 0.1.1"))
    crd = chart / "files" / "crds" / "scalableservices.scaling.bytebridge.io.yaml"
    new = "    - {name: New, type: string, jsonPath: .metadata.name}\n"
    crd.write_text(crd.read_text().replace(COLUMN, COLUMN + new))
    return chart


def _columns(kubeconfig: Path) -> set[str]:
    api: Any = client.ApiextensionsV1Api(config.new_client_from_config(str(kubeconfig)))
    crd = api.read_custom_resource_definition("scalableservices.scaling.bytebridge.io")
    return {column.name for column in crd.spec.versions[0].additional_printer_columns}


def _delete_crds(kubeconfig: Path) -> None:
    api: Any = client.ApiextensionsV1Api(config.new_client_from_config(str(kubeconfig)))

    def ours() -> list[str]:
        names = (crd.metadata.name for crd in api.list_custom_resource_definition().items)
        return [name for name in names if name.endswith("bytebridge.io")]

    for name in ours():
        api.delete_custom_resource_definition(name)
    wait_for("the CRDs are gone", ours, [])


@pytest.mark.parametrize(
    "taken_over", [("--take-ownership", "--force-conflicts"), ()], ids=["CRDs by hand", "new"]
)
def test_a_release_from_its_beginning_to_its_end(
    lab: Lab, load: LoadExporter, cluster: Cluster, tmp_path: Path, taken_over: tuple[str, ...]
) -> None:
    namespace = f"{cluster.namespace}-system"
    there = ("bytebridge", "--namespace", namespace)
    values = ("--set", f"prometheus.url={lab.prometheus_url}", *taken_over)

    def run(*arguments: str) -> str:
        return helm(tmp_path, *arguments, kubeconfig=lab.kubeconfig)

    if not taken_over:
        _delete_crds(lab.kubeconfig)
    notes = run(
        *("upgrade", "--install", there[0], str(CHART), *there[1:], *values),
        *("--create-namespace", "--wait", "--timeout", "60s"),
    )
    assert "kubectl get ssvc" in notes
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    with running_operator(lab, tmp_path):
        cluster.create(scalable_service("nlp"))
        cluster.create(_paused("idle"))
        _create_budget(cluster)
        wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
        wait_for("pods of both", lambda: len(_pods(cluster)) >= 3, wanted=True)
        before, pods = _objects(cluster), _pods(cluster)
        assert len(before) == 3
        assert "New" not in _columns(lab.kubeconfig)
        run(
            *("upgrade", there[0], str(_next_version(tmp_path)), *there[1:], *values),
            *("--set", "podLabels.next=yes,tickSeconds=4,resources.limits.memory=640Mi"),
            *("--wait", "--timeout", "60s"),
        )
        wait_for("the CRD is upgraded", lambda: "New" in _columns(lab.kubeconfig), wanted=True)
        assert _objects(cluster) == before
        assert _pods(cluster) == pods, "an upgrade of the operator restarts no pod of a service"
    run("uninstall", *there, "--wait")
    assert _columns(lab.kubeconfig), "the CRDs are kept"
    assert _objects(cluster) == before
    assert _pods(cluster) == pods
    rbac: Any = client.RbacAuthorizationV1Api(cluster.apps.api_client)
    assert cluster.apps.list_namespaced_deployment(namespace).items == []
    labelled = {"label_selector": "app.kubernetes.io/instance=bytebridge"}
    assert rbac.list_cluster_role(**labelled).items == []
    assert rbac.list_cluster_role_binding(**labelled).items == []
    cluster.custom.delete_cluster_custom_object(GROUP, VERSION, BUDGET_PLURAL, cluster.namespace)
    cluster.core.delete_namespace(namespace)


def _paused(name: str) -> Manifest:
    service = scalable_service(name)
    service["metadata"]["annotations"] = {PAUSED_ANNOTATION: "true"}
    return service


def _create_budget(cluster: Cluster) -> None:
    spec = {"host": "10.20.0.5", "maxConnections": 900}
    body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": BUDGET_KIND, "spec": spec}
    body["metadata"] = {"name": cluster.namespace}
    cluster.custom.create_cluster_custom_object(GROUP, VERSION, BUDGET_PLURAL, body)


def _objects(cluster: Cluster) -> set[str]:
    """Identities of the ScalableServices and the DatabaseBudget."""
    found = [cluster.service(name) for name in ("nlp", "idle")]
    found.append(
        cluster.custom.get_cluster_custom_object(GROUP, VERSION, BUDGET_PLURAL, cluster.namespace)
    )
    return {item["metadata"]["uid"] for item in found}


def _pods(cluster: Cluster) -> set[str]:
    return {pod.metadata.uid for pod in cluster.core.list_namespaced_pod(cluster.namespace).items}
