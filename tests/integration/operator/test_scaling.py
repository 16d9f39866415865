"""Surges, outages, restarts and other hands on the same replicas."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from bytebridge.api.names import MIN_REPLICAS_ANNOTATION
from bytebridge.lab.cluster import Lab
from support.load import LoadExporter
from support.objects import (
    Cluster,
    deployment,
    pods_that_serve,
    scalable_service,
    stays,
    wait_for,
)
from support.operator_process import OperatorProcess, running_operator

FOR_200, FOR_400, FOR_600 = 4, 8, 11
"""Replicas with four slots and 60 ms a request, by the floors that `bytebridge decide` prints."""
SETTLING = 180
"""Seconds until a backlog is gone, its surplus given back, and a small step down has waited.

Some 80; scraped every second, a busy machine that answers a third of a second late feigns a third
more load, and what that asks for is held once more.
"""


@pytest.mark.usefixtures("operator")
def test_a_surge_goes_up_and_down_again(cluster: Cluster, load: LoadExporter) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=60)
    cluster.create(scalable_service("nlp"))
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=600)
    wait_for("up", lambda: cluster.replicas("nlp") >= FOR_600, wanted=True)
    wait_for("the floor follows", lambda: cluster.floor("nlp") >= FOR_600, wanted=True)
    wait_for("pods", lambda: cluster.ready("nlp") >= FOR_600, wanted=True)
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=60)
    wait_for("down", lambda: cluster.replicas("nlp"), 2, seconds=120)


@pytest.mark.usefixtures("operator")
def test_zero_and_back(cluster: Cluster, load: LoadExporter) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=0)
    cluster.create(scalable_service("nlp", minReplicas=0))
    wait_for("created", lambda: cluster.replicas("nlp"), 0)
    load.set(cluster.namespace, "nlp", queue=3)
    wait_for("awake", lambda: cluster.replicas("nlp") >= 1, wanted=True)
    load.set(cluster.namespace, "nlp", queue=0)
    wait_for("asleep", lambda: cluster.replicas("nlp"), 0, seconds=60)


@pytest.mark.usefixtures("operator")
def test_a_service_that_goes_silent_keeps_its_replicas(
    cluster: Cluster, load: LoadExporter
) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=400)
    cluster.create(scalable_service("nlp"))
    wait_for("settled", lambda: cluster.settled("nlp"), FOR_400, SETTLING)
    load.set(cluster.namespace, "nlp", silent=True)
    unknown = ("False", "SignalsUnknown")
    wait_for("noticed", lambda: cluster.condition("nlp", "MetricsAvailable"), unknown, 90)
    stays("replicas", lambda: cluster.replicas("nlp"), FOR_400, 10)
    told = [(event.type, event.reason) for event in _events(cluster)]
    assert ("Warning", "SignalsUnknown") in told


def test_prometheus_gone_and_back(
    lab: Lab, operator: OperatorProcess, cluster: Cluster, load: LoadExporter
) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=400)
    cluster.create(scalable_service("nlp"))
    wait_for("settled", lambda: cluster.settled("nlp"), FOR_400, SETTLING)
    lab.stop("prometheus")
    unknown = ("False", "SignalsUnknown")
    wait_for("noticed", lambda: cluster.condition("nlp", "MetricsAvailable"), unknown)
    stays("replicas", lambda: cluster.replicas("nlp"), FOR_400, 8)
    lab.start("prometheus")
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=600)
    wait_for("seen again", lambda: cluster.replicas("nlp") >= FOR_600, wanted=True, seconds=60)
    assert operator.alive


def test_api_server_gone_and_back(
    lab: Lab, operator: OperatorProcess, cluster: Cluster, load: LoadExporter
) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=200)
    cluster.create(scalable_service("nlp"))
    wait_for("settled", lambda: cluster.settled("nlp"), FOR_200, SETTLING)
    lab.stop("kube-apiserver")
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=400)
    lab.start("kube-apiserver")
    wait_for("scaled again", lambda: cluster.replicas("nlp"), FOR_400, seconds=90)
    cluster.create(scalable_service("second"))
    wait_for("watches again", lambda: cluster.replicas("second"), 2, seconds=60)
    assert operator.alive


def test_a_crash_in_mid_surge_lowers_nothing_and_restarts_no_pod(
    lab: Lab, cluster: Cluster, load: LoadExporter, tmp_path: Path
) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=60)
    crashing = OperatorProcess(lab, tmp_path / "crashing.log")
    wait_for("leads", lambda: crashing.ready() and crashing.leads(), wanted=True, seconds=60)
    cluster.create(scalable_service("nlp"))
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
    wait_for("signals", lambda: cluster.condition("nlp", "MetricsAvailable"), ("True", "Fresh"))
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=600)
    wait_for("going up", lambda: cluster.replicas("nlp") > 2, wanted=True)
    crashing.kill()
    at_crash, pods = cluster.replicas("nlp"), _pods(cluster)
    lowest = at_crash
    with running_operator(lab, tmp_path) as replacement:

        def taken_over() -> bool:
            nonlocal lowest
            lowest = min(lowest, cluster.replicas("nlp"))
            return replacement.leads() and cluster.replicas("nlp") >= FOR_600

        wait_for("the surge is met", taken_over, wanted=True, seconds=60)
    assert lowest == at_crash
    assert pods <= _pods(cluster)


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("owner", [None, "ScaledObject"])
def test_somebody_elses_hpa_is_respected(
    cluster: Cluster, load: LoadExporter, owner: str | None
) -> None:
    """KEDA's ScaledObjects scale by an HPA that they own."""
    cluster.create(deployment("legacy", 3))
    metric = {"type": "Utilization", "averageUtilization": 80}
    cluster.hpas.create_namespaced_horizontal_pod_autoscaler(
        cluster.namespace,
        {
            "metadata": {"name": "theirs", "ownerReferences": _owners(owner)},
            "spec": {
                "scaleTargetRef": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": "legacy",
                },
                "minReplicas": 3,
                "maxReplicas": 5,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": metric}}],
            },
        },
    )
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster, "legacy"), rate=600)
    service = scalable_service("nlp")
    service["spec"] |= {"targetRef": {"kind": "Deployment", "name": "legacy"}}
    del service["spec"]["template"]
    cluster.create(service)
    refused = ("False", "ForeignAutoscaler")
    wait_for("refused", lambda: cluster.condition("nlp", "ScalingActive"), refused)
    stays("replicas", lambda: cluster.replicas("legacy"), 3, 5)
    assert cluster.names() == ["deployment/legacy", "hpa/theirs"]
    assert (owner or "theirs") in _message(cluster, "ScalingActive")
    warnings = [event.reason for event in _events(cluster) if event.type == "Warning"]
    assert "ForeignAutoscaler" in warnings
    cluster.hpas.delete_namespaced_horizontal_pod_autoscaler("theirs", cluster.namespace)
    wait_for("resumed", lambda: cluster.replicas("legacy") >= FOR_600, wanted=True)


@pytest.mark.usefixtures("operator")
def test_replicas_set_by_hand(cluster: Cluster, load: LoadExporter) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    cluster.create(scalable_service("nlp"))
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
    cluster.scale("nlp", 1)
    wait_for("below the floor: back at once", lambda: cluster.replicas("nlp"), 2)
    cluster.scale("nlp", 6)
    stays("above the floor: kept for the hold", lambda: cluster.replicas("nlp"), 6, 3)
    # A queue at the start makes the service time an estimate, which takes nothing for a minute.
    wait_for("then lowered, as no HPA does it", lambda: cluster.replicas("nlp"), 2, SETTLING)


@pytest.mark.usefixtures("operator")
def test_pause_leaves_the_replicas_to_a_person(cluster: Cluster, load: LoadExporter) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    cluster.create(scalable_service("nlp"))
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
    cluster.patch("nlp", {"spec": {"scaling": {"paused": True}}})
    wait_for("paused", lambda: cluster.condition("nlp", "ScalingActive"), ("False", "Paused"))
    cluster.scale("nlp", 5)
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=600)
    stays("replicas", lambda: cluster.replicas("nlp"), 5, 8)
    cluster.patch("nlp", {"spec": {"scaling": {"paused": False}}})
    wait_for("resumed", lambda: cluster.replicas("nlp") >= FOR_600, wanted=True)


@pytest.mark.usefixtures("operator")
def test_a_manual_floor_comes_stays_through_a_slip_and_goes(
    cluster: Cluster, load: LoadExporter
) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    cluster.create(scalable_service("nlp"))
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
    annotate(cluster, "12")
    wait_for("raised", lambda: cluster.replicas("nlp"), 12)
    in_force = ("True", "InForce")
    wait_for("said", lambda: cluster.condition("nlp", "ManualFloor"), in_force)
    annotate(cluster, "12x")
    unreadable = ("False", "Unreadable")
    wait_for("said", lambda: cluster.condition("nlp", "ManualFloor"), unreadable)
    stays("replicas", lambda: cluster.replicas("nlp"), 12, 8)
    annotate(cluster, None)
    wait_for("lowered", lambda: cluster.replicas("nlp"), 2, SETTLING)
    wait_for("said no more", lambda: cluster.condition("nlp", "ManualFloor"), None)


@pytest.mark.usefixtures("operator")
def test_a_schedule_that_is_open_is_a_floor(cluster: Cluster, load: LoadExporter) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    always = {"name": "a", "start": "* * * * *", "durationMinutes": 60, "minReplicas": 7}
    cluster.create(scalable_service("nlp", schedule=[always]))
    wait_for("raised", lambda: cluster.replicas("nlp"), 7)
    wait_for("said", lambda: _reason(cluster), "Scheduled")
    cluster.patch("nlp", {"spec": {"scaling": {"schedule": []}}})
    wait_for("lowered", lambda: cluster.replicas("nlp"), 2, SETTLING)


@pytest.mark.usefixtures("operator")
def test_a_dry_run_reports_and_changes_nothing(cluster: Cluster, load: LoadExporter) -> None:
    cluster.create(deployment("legacy", 3))
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster, "legacy"), rate=600)
    service = scalable_service("nlp", dryRun=True)
    service["spec"] |= {"targetRef": {"kind": "Deployment", "name": "legacy"}}
    del service["spec"]["template"]
    cluster.create(service)

    def decided() -> int:
        return int(cluster.service("nlp").get("status", {}).get("desiredReplicas", 0))

    wait_for("decided", lambda: decided() >= FOR_600, wanted=True)
    stays("replicas", lambda: cluster.replicas("legacy"), 3, 3)
    assert cluster.names() == ["deployment/legacy"]


def annotate(cluster: Cluster, value: str | None) -> None:
    """Set the manual floor, or remove it."""
    cluster.patch("nlp", {"metadata": {"annotations": {MIN_REPLICAS_ANNOTATION: value}}})


def _owners(kind: str | None) -> list[dict[str, object]]:
    """An owner that exists, so that the garbage collector leaves the HPA alone."""
    if kind is None:
        return []
    return [
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": kind,
            "name": "x",
            "uid": str(uuid.uuid4()),
            "controller": True,
        }
    ]


def _reason(cluster: Cluster) -> str:
    """Of the last decision; replicas may rise before the first status is written."""
    status = cluster.service("nlp").get("status", {})
    return str(status.get("lastDecision", {}).get("reason"))


def _message(cluster: Cluster, kind: str) -> str:
    conditions = cluster.service("nlp")["status"]["conditions"]
    return str(next(item["message"] for item in conditions if item["type"] == kind))


def _events(cluster: Cluster) -> list[Any]:
    found = cluster.core.list_namespaced_event(cluster.namespace).items
    return [event for event in found if event.involved_object.kind == "ScalableService"]


def _pods(cluster: Cluster) -> set[str]:
    pods = cluster.core.list_namespaced_pod(cluster.namespace).items
    return {pod.metadata.uid for pod in pods}
