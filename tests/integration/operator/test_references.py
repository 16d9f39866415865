"""A missing Secret becomes a condition, told by a kubelet that the test plays."""

import datetime as dt
from functools import partial
from typing import Any

import pytest

from integration.operator.databases import with_database
from support.objects import Cluster, Manifest, wait_for

FOUND = ("True", "NoneMissing")
MISSING = ("False", "SecretMissing")
STARTS_LATE = {"lab.bytebridge.io/startup-seconds": "600"}


def _service(**postgres: Any) -> Manifest:
    """One whose pods only become Ready if the test says so."""
    manifest = with_database("nlp", maxConnections=100, **postgres)
    manifest["spec"]["template"]["metadata"] = {"annotations": STARTS_LATE}
    manifest["spec"]["scaling"]["minReplicas"] = 1
    return manifest


def _pods(cluster: Cluster, labels: str) -> list[Any]:
    pods: list[Any] = cluster.core.list_namespaced_pod(
        cluster.namespace, label_selector=labels
    ).items
    return pods


def _run(cluster: Cluster, labels: str) -> bool:
    """The lab's pods run at once, and nothing touches them until they become Ready."""
    pods = _pods(cluster, labels)
    return bool(pods) and all(pod.status.phase == "Running" for pod in pods)


def _keep_from_starting(cluster: Cluster, labels: str) -> None:
    """Pods whose template is the operator's own would become Ready by themselves."""
    for pod in _pods(cluster, labels):
        cluster.core.patch_namespaced_pod(
            pod.metadata.name, cluster.namespace, {"metadata": {"annotations": STARTS_LATE}}
        )


def _tell(cluster: Cluster, labels: str, state: Manifest, *, ready: bool = False) -> None:
    """Say the same of every container, as a kubelet does."""
    for pod in _pods(cluster, labels):
        containers = [
            {
                "name": container.name,
                "image": container.image,
                "imageID": "",
                "ready": ready,
                "restartCount": 0,
                "state": state,
            }
            for container in pod.spec.containers
        ]
        truth = str(ready)
        conditions = [{"type": kind, "status": truth} for kind in ("ContainersReady", "Ready")]
        status = {"containerStatuses": containers, "conditions": conditions}
        cluster.core.patch_namespaced_pod_status(
            pod.metadata.name, cluster.namespace, {"status": status}
        )


def _tell_failed_mounts(cluster: Cluster, labels: str, note: str) -> None:
    """The kubelet's Events, which it sends by the core API."""
    now = dt.datetime.now(dt.UTC).isoformat()
    for pod in _pods(cluster, labels):
        regarding = {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": cluster.namespace,
            "name": pod.metadata.name,
            "uid": pod.metadata.uid,
        }
        cluster.core.create_namespaced_event(
            cluster.namespace,
            {
                "metadata": {"generateName": f"{pod.metadata.name}."},
                "involvedObject": regarding,
                "reason": "FailedMount",
                "type": "Warning",
                "message": note,
                "count": 1,
                "firstTimestamp": now,
                "lastTimestamp": now,
                "source": {"component": "kubelet", "host": "lab-node"},
            },
        )


def _waiting(reason: str, message: str = "") -> Manifest:
    words = {"message": message} if message else {}
    return {"running": None, "waiting": {"reason": reason, **words}}


def _running() -> Manifest:
    started = dt.datetime.now(dt.UTC).isoformat()
    return {"waiting": None, "running": {"startedAt": started}}


def _message(cluster: Cluster) -> str:
    conditions = cluster.service("nlp")["status"]["conditions"]
    return next(str(item["message"]) for item in conditions if item["type"] == "ReferencesFound")


@pytest.mark.usefixtures("operator")
def test_a_secret_of_the_environment(cluster: Cluster) -> None:
    cluster.create(_service())
    own = "scaling.bytebridge.io/service=nlp"
    condition = partial(cluster.condition, "nlp", "ReferencesFound")
    wait_for("pods", lambda: _run(cluster, own), wanted=True)
    wait_for("nothing is missing yet", condition, FOUND)
    _tell(cluster, own, _waiting("CreateContainerConfigError", 'secret "db" not found'))
    wait_for("the condition", condition, MISSING, seconds=60)
    assert 'container app: secret "db" not found' in _message(cluster)
    _tell(cluster, own, _running(), ready=True)
    wait_for("the condition", condition, FOUND)

    def told() -> set[str]:
        events = cluster.core.list_namespaced_event(cluster.namespace).items
        return {event.reason for event in events} & {"SecretMissing", "NoneMissing"}

    wait_for("both Events", told, {"SecretMissing", "NoneMissing"})


@pytest.mark.usefixtures("operator")
def test_a_secret_that_the_pooler_mounts(cluster: Cluster) -> None:
    cluster.create(_service(pooler={}))
    pooler = "scaling.bytebridge.io/pooler=nlp"
    condition = partial(cluster.condition, "nlp", "ReferencesFound")
    wait_for("poolers", lambda: _run(cluster, pooler), wanted=True)
    _keep_from_starting(cluster, pooler)
    _tell(cluster, pooler, _waiting("ContainerCreating"))
    note = 'MountVolume.SetUp failed for volume "credentials" : secret "db" not found'
    _tell_failed_mounts(cluster, pooler, note)
    wait_for("the condition", condition, MISSING, seconds=60)
    assert note in _message(cluster)
    _tell(cluster, pooler, _running(), ready=True)
    wait_for("the condition", condition, FOUND, seconds=60)
