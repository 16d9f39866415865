"""Installed, two operators of which one acts, what they may not do, and uninstalled."""

import json
import time
from collections.abc import Callable

import pytest
import yaml

from e2e.cluster.cluster import ALLOWED_CONTEXTS, refuse_foreign_context
from e2e.cluster.errors import ClusterError
from e2e.product.rates import RISE, USUAL
from e2e.scene.prometheus import ask, value
from e2e.scene.release import NAMESPACE, SELECTOR, Release
from e2e.scene.scene import NAME, Scene
from support.objects import stays, wait_for

Say = Callable[[str], None]

NAMESPACED = (
    "deployments,services,serviceaccounts,configmaps,roles,rolebindings,networkpolicies,"
    "poddisruptionbudgets,pods,secrets"
)
CLUSTER_SCOPED = "clusterroles,clusterrolebindings"


def test_from_the_install_to_the_first_scaled_service(
    scene: Scene, release: Release, say: Say
) -> None:
    release.uninstall()
    begun = time.monotonic()
    release.install()
    scene.serve()
    load = scene.load("first", RISE)
    scene.reach(2, seconds=120)
    took = time.monotonic() - begun
    say(f"helm install to the first scaled service: {took:.0f} s")
    assert took < 300
    assert load.result(seconds=120).failed == {}


def test_helm_test(release: Release) -> None:
    assert "Succeeded" in release.test()


def test_of_two_operators_one_acts(scene: Scene, release: Release) -> None:
    assert len(release.pods()) == 2
    leaders = "sum(bytebridge_leader)"
    wait_for("both are scraped", lambda: value(scene.cluster, "count(bytebridge_leader)"), 2.0, 60)
    wait_for("one leads", lambda: value(scene.cluster, leaders), 1.0, 60)
    scene.serve()
    standby = "increase(bytebridge_api_writes_total[30s]) and on (pod) bytebridge_leader == 0"
    written = f"sum({standby}) or vector(0)"
    wait_for("who stands by is quiet", lambda: value(scene.cluster, written), 0.0, 90)
    load = scene.load("some", f"20@{USUAL}")
    stays("who stands by", lambda: value(scene.cluster, written), 0.0, seconds=15)
    assert load.result(seconds=60).failed == {}


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("get", "secrets"),
        ("list", "secrets"),
        ("watch", "secrets"),
        ("create", "pods"),
        ("create", "pods/exec"),
        ("create", "serviceaccounts/token"),
        ("update", "clusterroles"),
        ("patch", "nodes"),
        ("delete", "namespaces"),
        ("delete", "scalableservices.scaling.bytebridge.io"),
    ],
)
def test_the_account_of_the_operator_may_not(release: Release, verb: str, resource: str) -> None:
    account = f"system:serviceaccount:{NAMESPACE}:bytebridge"
    with pytest.raises(ClusterError) as refused:
        release.cluster.kubectl(
            *("auth", "can-i", verb, resource, "--as", account, "--all-namespaces", "--quiet")
        )
    assert "Unknown" not in str(refused.value)
    allowed = ("auth", "can-i", "list", "deployments", "--as", account, "--all-namespaces")
    assert release.cluster.kubectl(*allowed).strip() == "yes"


def test_every_panel_of_the_dashboard_shows_something(scene: Scene, release: Release) -> None:
    scene.serve("cache")
    load = scene.load("some", f"60@{USUAL}", repeated=0.5)
    installed = scene.cluster.get("-n", NAMESPACE, "configmap", "bytebridge-dashboard")
    board = json.loads(installed["data"]["bytebridge.json"])
    queries = {
        (panel["title"], target["expr"]): _for(target["expr"], scene.namespace)
        for panel in board["panels"]
        for target in panel.get("targets", ())
    }
    assert len(queries) > 10

    def empty() -> list[tuple[str, str]]:
        return [name for name, query in queries.items() if not ask(scene.cluster, query)]

    wait_for("every panel shows something", empty, [], 90)
    assert load.result(seconds=120).failed == {}


def _for(expression: str, namespace: str) -> str:
    """A panel's query as Grafana sends it for one namespace."""
    return expression.replace("$namespace", namespace).replace("$service", ".*")


def test_uninstall_leaves_the_workloads_and_nothing_else(
    scene: Scene, release: Release, say: Say
) -> None:
    scene.serve(minReplicas=2)
    pods = {pod.metadata.uid for pod in scene.pods()}
    load = scene.load("meanwhile", f"60@{USUAL}")
    release.uninstall()
    try:
        wait_for("nothing is left", lambda: _left(scene), [], 60)
        assert json.dumps(scene.cluster.get("crd", "scalableservices.scaling.bytebridge.io"))
        result = load.result(seconds=120)
        say(f"uninstalled meanwhile: {result}")
        assert result.failed == {}
        assert pods == {pod.metadata.uid for pod in scene.pods()}
        assert scene.objects.service(NAME)["spec"], "the ScalableService is kept with its CRD"
    finally:
        release.install()
    wait_for("taken up again", lambda: scene.condition("Ready"), ("True", "ReplicasReady"), 60)
    assert pods == {pod.metadata.uid for pod in scene.pods()}
    assert ask(scene.cluster, "bytebridge_leader") is not None


def _left(scene: Scene) -> list[str]:
    """Objects of the release."""
    selected = ("--selector", SELECTOR, "--output", "name")
    left = scene.cluster.kubectl("-n", NAMESPACE, "get", NAMESPACED, *selected)
    left += scene.cluster.kubectl("get", CLUSTER_SCOPED, *selected)
    return left.split()


def test_a_foreign_context_is_refused(release: Release) -> None:
    kubeconfig = yaml.safe_load(release.cluster.kubeconfig.read_text())
    assert kubeconfig["current-context"] in ALLOWED_CONTEXTS
    kubeconfig["current-context"] = "production"
    with pytest.raises(ClusterError, match="production"):
        refuse_foreign_context(yaml.safe_dump(kubeconfig))
