"""The operator beside a real HPA that has its CPU metric, and beside another operator."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from bytebridge.lab.cluster import Lab
from bytebridge.lab.resource_metrics import PodUsage, Usage
from support.load import LoadExporter
from support.objects import Cluster, Manifest, pods_that_serve, scalable_service, stays, wait_for
from support.operator_process import OperatorProcess, running_operator

HELD = "the HPA holds 4 above the floor of 2 for its CPU metric"


def _has_metric(cluster: Cluster) -> bool:
    hpa = cluster.hpas.read_namespaced_horizontal_pod_autoscaler("nlp", cluster.namespace)
    conditions = hpa.status.conditions or []
    return any(item.type == "ScalingActive" and item.status == "True" for item in conditions)


def _each_uses(cluster: Cluster, cores: float) -> Usage:
    """So much CPU by each pod, a tenth of a core of which it requests."""

    def usage(namespace: str) -> dict[str, PodUsage]:
        pods = cluster.core.list_namespaced_pod(namespace).items
        return {pod.metadata.name: PodUsage("app", cores) for pod in pods}

    return usage


@pytest.mark.usefixtures("operator")
def test_what_the_hpa_wants_above_the_floor_is_left_to_it(
    lab: Lab, cluster: Cluster, load: LoadExporter
) -> None:
    """The pods burn all the CPU that they request, although few requests are counted."""
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    with lab.resource_metrics(_each_uses(cluster, 0.1)):
        cluster.create(scalable_service("nlp", maxReplicas=4))
        wait_for("the HPA sees CPU", lambda: _has_metric(cluster), wanted=True, seconds=60)
        wait_for("raised by the HPA", lambda: cluster.replicas("nlp"), 4, seconds=90)
        # Requests that came before the first pod was Ready raise the floor for a minute. What the
        # operator has raised for them it may take away once, and the HPA brings it back.
        wait_for("the floor is lower", lambda: cluster.floor("nlp"), 2, seconds=90)
        wait_for("the HPA holds", lambda: cluster.replicas("nlp"), 4, seconds=120)
        wait_for("and is said to", lambda: _says(cluster, HELD), wanted=True)
        stays("replicas that the HPA holds", lambda: cluster.replicas("nlp"), 4, 20)


@pytest.mark.usefixtures("operator")
def test_what_the_operator_has_raised_it_lowers(
    lab: Lab, cluster: Cluster, load: LoadExporter
) -> None:
    """Left to the HPA nothing would go: to its metric pods are as busy as they are to be."""

    with lab.resource_metrics(_each_uses(cluster, 0.088)):
        load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=400)
        cluster.create(scalable_service("nlp"))
        wait_for("scaled", lambda: cluster.replicas("nlp") >= 8, wanted=True)
        wait_for("the HPA sees CPU", lambda: _has_metric(cluster), wanted=True, seconds=60)
        load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
        wait_for("lowered", lambda: cluster.replicas("nlp") <= 4, wanted=True, seconds=120)


@pytest.mark.usefixtures("operator")
def test_the_floor_raises_what_the_hpa_would_not(
    lab: Lab, cluster: Cluster, load: LoadExporter
) -> None:
    """CPU is idle, requests wait: the floor holds against the HPA's own wish."""

    with lab.resource_metrics(_each_uses(cluster, 0.001)):
        load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=400)
        cluster.create(scalable_service("nlp"))
        wait_for("scaled", lambda: cluster.replicas("nlp") >= 8, wanted=True)
        wait_for("the HPA sees CPU", lambda: _has_metric(cluster), wanted=True, seconds=60)
        lowest = min(_watched(cluster, 20))
        assert lowest >= 8


def _watched(cluster: Cluster, seconds: float) -> list[int]:
    seen: list[int] = []

    def look() -> bool:
        seen.append(cluster.replicas("nlp"))
        return True

    stays("watched", look, wanted=True, seconds=seconds)
    return seen


@pytest.mark.usefixtures("operator")
def test_min_and_max_alike_fix_the_replicas(cluster: Cluster, load: LoadExporter) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=600)
    cluster.create(scalable_service("nlp", minReplicas=3, maxReplicas=3))
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
    wait_for("signals", lambda: cluster.condition("nlp", "MetricsAvailable"), ("True", "Fresh"))
    stays("replicas", lambda: cluster.replicas("nlp"), 3, 5)
    assert cluster.floor("nlp") == 3


def test_of_two_operators_one_acts_and_the_other_takes_over(
    lab: Lab, cluster: Cluster, load: LoadExporter, tmp_path: Path
) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=60)
    leader = OperatorProcess(lab, tmp_path / "leader.log")
    try:
        wait_for("leads", lambda: leader.ready() and leader.leads(), wanted=True)
        with running_operator(lab, tmp_path) as standby:
            cluster.create(scalable_service("nlp"))
            wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
            assert (leader.leads(), standby.leads()) == (True, False)
            leader.kill()
            load.set(cluster.namespace, "nlp", rate=400)
            wait_for("taken over", standby.leads, wanted=True, seconds=60)
            wait_for("scaled", lambda: cluster.replicas("nlp") >= 8, wanted=True)
    finally:
        leader.kill()


def test_who_takes_over_knows_what_was_learned_and_writes_nothing(
    lab: Lab, cluster: Cluster, load: LoadExporter, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    service = scalable_service("nlp", maxReplicas=4)
    del service["spec"]["scaling"]["concurrencyPerReplica"]
    with ExitStack() as both:
        with running_operator(lab, first) as leader:
            wait_for("leads", leader.leads, wanted=True)
            standby = both.enter_context(running_operator(lab, second))
            cluster.create(service)
            wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
            load.set(cluster.namespace, "nlp", rate=400)
            wait_for("slots learned", lambda: _slots(cluster) >= 3.5, wanted=True, seconds=60)
            # Three replicas for 94 to 124 requests/s, with 3.4 slots a replica as with four.
            load.set(cluster.namespace, "nlp", rate=110)
            wait_for("fits the load", lambda: _replicas_and_reason(cluster), (3, "Steady"), 180)
            wait_for("settled", lambda: _steady(cluster), wanted=True, seconds=120)
            before = cluster.service("nlp")
        wait_for("taken over", standby.leads, wanted=True, seconds=60)
        stays("the object", lambda: _differs(before, cluster.service("nlp")), {}, 8)
        assert standby.leads()


def _slots(cluster: Cluster) -> float:
    learned = cluster.service("nlp").get("status", {}).get("learned", {})
    return float(learned.get("slotsPerReplica", 0.0))


def _replicas_and_reason(cluster: Cluster) -> tuple[int, str]:
    return cluster.replicas("nlp"), cluster.service("nlp")["status"]["lastDecision"]["reason"]


def _says(cluster: Cluster, words: str) -> bool:
    return words in cluster.service("nlp")["status"]["lastDecision"]["message"]


def _steady(cluster: Cluster) -> bool:
    """No write to the object within twice the hold time."""
    version = cluster.service("nlp")["metadata"]["resourceVersion"]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if cluster.service("nlp")["metadata"]["resourceVersion"] != version:
            return False
        time.sleep(0.2)
    return True


def _differs(before: Manifest, now: Manifest) -> dict[str, object]:
    """What of a status is another, if the object was written."""
    if before["metadata"]["resourceVersion"] == now["metadata"]["resourceVersion"]:
        return {}
    status = now["status"]
    return {k: v for k, v in status.items() if v != before["status"].get(k)} or {"written": True}
