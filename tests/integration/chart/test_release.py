"""`helm install`, `upgrade`, `uninstall` on a real API server; KWOK plays the operator's pods."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from bytebridge.lab.cluster import Lab
from support.chart import CHART, helm
from support.load import LoadExporter
from support.objects import Cluster, pods_that_serve, scalable_service, wait_for
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
        wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
        before, pods = cluster.service("nlp")["metadata"]["uid"], _pods(cluster)
        assert "New" not in _columns(lab.kubeconfig)
        run(
            *("upgrade", there[0], str(_next_version(tmp_path)), *there[1:], *values),
            *("--set", "podLabels.next=yes", "--wait", "--timeout", "60s"),
        )
        wait_for("the CRD is upgraded", lambda: "New" in _columns(lab.kubeconfig), wanted=True)
        assert cluster.service("nlp")["metadata"]["uid"] == before
        assert _pods(cluster) == pods, "an upgrade of the operator restarts no pod of a service"
    run("uninstall", *there, "--wait")
    assert _columns(lab.kubeconfig), "the CRDs are kept"
    assert cluster.service("nlp")["metadata"]["uid"] == before
    assert _pods(cluster) == pods
    rbac: Any = client.RbacAuthorizationV1Api(cluster.apps.api_client)
    assert cluster.apps.list_namespaced_deployment(namespace).items == []
    labelled = {"label_selector": "app.kubernetes.io/instance=bytebridge"}
    assert rbac.list_cluster_role(**labelled).items == []
    assert rbac.list_cluster_role_binding(**labelled).items == []
    cluster.core.delete_namespace(namespace)


def _pods(cluster: Cluster) -> set[str]:
    return {pod.metadata.uid for pod in cluster.core.list_namespaced_pod(cluster.namespace).items}
