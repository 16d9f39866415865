"""Surges, outages, restarts and other hands on the same replicas."""

import pytest

from support.load import LoadExporter
from support.objects import Cluster, deployment, scalable_service, stays, wait_for


@pytest.mark.usefixtures("operator")
def test_zero_and_back(cluster: Cluster, load: LoadExporter) -> None:
    load.set(cluster.namespace, "nlp", rate=0)
    cluster.create(scalable_service("nlp", minReplicas=0))
    wait_for("created", lambda: cluster.replicas("nlp"), 0)
    load.set(cluster.namespace, "nlp", queue=3)
    wait_for("awake", lambda: cluster.replicas("nlp") >= 1, wanted=True)
    load.set(cluster.namespace, "nlp", queue=0)
    wait_for("asleep", lambda: cluster.replicas("nlp"), 0, seconds=60)


@pytest.mark.usefixtures("operator")
def test_pause_leaves_the_replicas_to_a_person(cluster: Cluster, load: LoadExporter) -> None:
    load.set(cluster.namespace, "nlp", rate=20, in_flight=1)
    cluster.create(scalable_service("nlp"))
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
    cluster.patch("nlp", {"spec": {"scaling": {"paused": True}}})
    wait_for("paused", lambda: cluster.condition("nlp", "ScalingActive"), ("False", "Paused"))
    cluster.scale("nlp", 5)
    load.set(cluster.namespace, "nlp", rate=600, in_flight=36)
    stays("replicas", lambda: cluster.replicas("nlp"), 5, 8)
    cluster.patch("nlp", {"spec": {"scaling": {"paused": False}}})
    wait_for("resumed", lambda: cluster.replicas("nlp") >= 12, wanted=True)


@pytest.mark.usefixtures("operator")
def test_a_dry_run_reports_and_changes_nothing(cluster: Cluster, load: LoadExporter) -> None:
    cluster.create(deployment("legacy", 3))
    load.set(cluster.namespace, "nlp", rate=600, in_flight=36)
    service = scalable_service("nlp", dryRun=True)
    service["spec"] |= {"targetRef": {"kind": "Deployment", "name": "legacy"}}
    del service["spec"]["template"]
    cluster.create(service)

    def decided() -> int:
        return int(cluster.service("nlp").get("status", {}).get("desiredReplicas", 0))

    wait_for("decided", lambda: decided() >= 12, wanted=True)
    stays("replicas", lambda: cluster.replicas("legacy"), 3, 3)
    assert cluster.names() == ["deployment/legacy"]
