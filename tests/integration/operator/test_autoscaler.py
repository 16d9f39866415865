"""The operator beside a real HPA that has its CPU metric, and beside another operator."""

from pathlib import Path

import pytest

from bytebridge.lab.cluster import Lab
from bytebridge.lab.resource_metrics import PodUsage
from support.load import LoadExporter
from support.objects import Cluster, pods_that_serve, scalable_service, stays, wait_for
from support.operator_process import running_operator


def _has_metric(cluster: Cluster) -> bool:
    hpa = cluster.hpas.read_namespaced_horizontal_pod_autoscaler("nlp", cluster.namespace)
    conditions = hpa.status.conditions or []
    return any(item.type == "ScalingActive" and item.status == "True" for item in conditions)


@pytest.mark.usefixtures("operator")
def test_what_the_hpa_wants_above_the_floor_is_left_to_it(
    lab: Lab, cluster: Cluster, load: LoadExporter
) -> None:
    """The pods burn all the CPU that they request, although few requests are counted."""
    busy = 1.0

    def usage(namespace: str) -> dict[str, PodUsage]:
        pods = cluster.core.list_namespaced_pod(namespace).items
        return {pod.metadata.name: PodUsage("app", 0.1 * busy) for pod in pods}

    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    with lab.resource_metrics(usage):
        cluster.create(scalable_service("nlp", maxReplicas=4))
        wait_for("the HPA sees CPU", lambda: _has_metric(cluster), wanted=True, seconds=60)
        wait_for("raised by the HPA", lambda: cluster.replicas("nlp"), 4, seconds=90)
        # Requests that came before the first pod was Ready raise the floor for a minute.
        wait_for("the floor is lower", lambda: cluster.floor("nlp"), 2, seconds=90)
        stays("replicas that the HPA holds", lambda: cluster.replicas("nlp"), 4, 20)


@pytest.mark.usefixtures("operator")
def test_the_floor_raises_what_the_hpa_would_not(
    lab: Lab, cluster: Cluster, load: LoadExporter
) -> None:
    """CPU is idle, requests wait: the floor holds against the HPA's own wish."""

    def usage(namespace: str) -> dict[str, PodUsage]:
        pods = cluster.core.list_namespaced_pod(namespace).items
        return {pod.metadata.name: PodUsage("app", 0.001) for pod in pods}

    with lab.resource_metrics(usage):
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
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=60)
    with running_operator(lab, second) as standby:
        with running_operator(lab, first) as other:
            cluster.create(scalable_service("nlp"))
            wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
            assert sorted((standby.leads(), other.leads())) == [False, True]
        load.set(cluster.namespace, "nlp", rate=400)
        wait_for("taken over", standby.leads, wanted=True, seconds=60)
        wait_for("scaled", lambda: cluster.replicas("nlp") >= 8, wanted=True)
