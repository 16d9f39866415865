"""Create, update, delete, drift."""

import pytest
from kubernetes.client import ApiException

from support.load import LoadExporter
from support.objects import (
    Cluster,
    deployment,
    pods_that_serve,
    scalable_service,
    stays,
    wait_for,
)

CHILDREN = ["deployment/nlp", "hpa/nlp", "pdb/nlp", "service/nlp"]


@pytest.mark.usefixtures("operator")
def test_children_are_made_and_garbage_collected(cluster: Cluster) -> None:
    cluster.create(scalable_service("nlp"))
    wait_for("children", cluster.names, CHILDREN)
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
    assert cluster.replicas("nlp") == 2
    cluster.delete("nlp")
    # The garbage collector learns of a new CRD every 30 s.
    wait_for("garbage collection", cluster.names, [], seconds=90)


@pytest.mark.usefixtures("operator")
def test_drift_is_repaired(cluster: Cluster) -> None:
    cluster.create(scalable_service("nlp"))
    wait_for("children", cluster.names, CHILDREN)
    cluster.core.delete_namespaced_service("nlp", cluster.namespace)
    wait_for("the Service is back", cluster.names, CHILDREN)
    cluster.policy.patch_namespaced_pod_disruption_budget(
        "nlp", cluster.namespace, {"spec": {"maxUnavailable": 5}}
    )

    def budget() -> object:
        found = cluster.policy.read_namespaced_pod_disruption_budget("nlp", cluster.namespace)
        return found.spec.max_unavailable

    wait_for("the budget is back", budget, "10%")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scaling": {"minReplicas": 50}}, "minReplicas: must not be above maxReplicas"),
        ({"targetRef": {"name": "x"}}, "set exactly one of template"),
        ({"template": None}, "set exactly one of template"),
        ({"scaling": {"objective": None}}, "set objective"),
        ({"scaling": {"fallbackReplicas": 99}}, "fallbackReplicas: must not be above"),
        ({"scaling": {"queue": {}}}, "exactly one of depthPerReplica and drainSeconds"),
        ({"cache": {"redis": {"mode": "External"}}}, "endpoint: required with mode External"),
        ({"metrics": {"preset": "custom", "queries": {}}}, "custom needs requestRate"),
        ({"template": {"spec": {"containers": []}}}, "containers"),
        ({"port": 70000}, "port"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_object_is_refused_with_the_field_and_the_mend(
    cluster: Cluster, change: dict[str, object], message: str
) -> None:
    service = scalable_service("nlp")
    for field, value in change.items():
        if value is None:
            del service["spec"][field]
        elif field == "scaling" and isinstance(value, dict):
            merged = {**service["spec"]["scaling"], **value}
            service["spec"]["scaling"] = {k: v for k, v in merged.items() if v is not None}
        else:
            service["spec"][field] = value
    with pytest.raises(ApiException) as refusal:
        cluster.create(service)
    assert refusal.value.status == 422
    assert message in str(refusal.value.body)


@pytest.mark.usefixtures("operator")
def test_an_update_reaches_the_children_and_resets_no_replicas(
    cluster: Cluster, load: LoadExporter
) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=200)
    cluster.create(scalable_service("nlp"))
    wait_for("settled", lambda: cluster.settled("nlp"), 4, 90)
    changed = {"name": "app", "image": "example:2"}
    body = {"spec": {"template": {"spec": {"containers": [changed]}}}}
    cluster.patch("nlp", body)

    def image() -> str:
        found = cluster.apps.read_namespaced_deployment("nlp", cluster.namespace)
        return str(found.spec.template.spec.containers[0].image)

    wait_for("new image", image, "example:2")
    assert cluster.replicas("nlp") == 4


@pytest.mark.usefixtures("operator")
def test_what_a_spec_lists_no_more_leaves_the_deployment(cluster: Cluster) -> None:
    service = scalable_service("nlp")
    app = service["spec"]["template"]["spec"]["containers"][0]
    app["env"] = [{"name": "MODEL", "value": "small"}]
    cluster.create(service)

    def variables() -> list[str] | None:
        if "deployment/nlp" not in cluster.names():
            return None
        found = cluster.apps.read_namespaced_deployment("nlp", cluster.namespace)
        return [item.name for item in found.spec.template.spec.containers[0].env or []]

    wait_for("the variable", variables, ["MODEL"])
    del app["env"]
    cluster.patch("nlp", {"spec": {"template": service["spec"]["template"]}})
    wait_for("no variable", variables, [])


@pytest.mark.usefixtures("operator")
def test_somebody_elses_service_is_not_taken_over(cluster: Cluster) -> None:
    theirs = {"metadata": {"name": "nlp"}, "spec": {"ports": [{"port": 5432}]}}
    cluster.core.create_namespaced_service(cluster.namespace, theirs)
    cluster.create(scalable_service("nlp"))
    wait_for("refused", lambda: cluster.condition("nlp", "Stalled"), ("True", "NameTaken"))
    assert cluster.names() == ["service/nlp"]
    found = cluster.core.read_namespaced_service("nlp", cluster.namespace)
    assert [port.port for port in found.spec.ports] == [5432]
    cluster.core.delete_namespaced_service("nlp", cluster.namespace)
    wait_for("children", cluster.names, CHILDREN)


@pytest.mark.usefixtures("operator")
def test_a_steady_service_is_not_written(cluster: Cluster, load: LoadExporter) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    cluster.create(scalable_service("nlp"))
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"))
    wait_for("signals", lambda: cluster.condition("nlp", "MetricsAvailable"), ("True", "Fresh"))

    def version() -> str:
        return str(cluster.service("nlp")["metadata"]["resourceVersion"])

    stays("resourceVersion", version, version(), 5)


@pytest.mark.usefixtures("operator")
def test_an_existing_deployment_is_adopted_and_only_scaled(
    cluster: Cluster, load: LoadExporter
) -> None:
    cluster.create(deployment("legacy", 3))
    service = scalable_service("nlp")
    service["spec"] |= {"targetRef": {"kind": "Deployment", "name": "legacy"}}
    del service["spec"]["template"]
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster, "legacy"), rate=400)
    cluster.create(service)
    wait_for("scaled", lambda: cluster.replicas("legacy") >= 8, wanted=True)
    found = cluster.apps.read_namespaced_deployment("legacy", cluster.namespace)
    assert found.spec.template.metadata.labels == {"app": "legacy"}
    assert "scaling.bytebridge.io/service" not in (found.metadata.labels or {})
    assert not found.metadata.owner_references
    cluster.delete("nlp")
    wait_for("the HPA goes, the Deployment stays", cluster.names, ["deployment/legacy"], 90)
