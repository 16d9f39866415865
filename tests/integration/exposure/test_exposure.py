"""Made, changed, removed and put back on a real API server."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bytebridge.lab.cluster import Lab
from support.crds import served
from support.exposure_crds import EXPOSURE_CRDS, GKE_CRDS, HTTP_ROUTE_CRD
from support.objects import Cluster, Manifest, scalable_service, stays, wait_for
from support.operator_process import running_operator
from support.routes import Routes

ROUTE = {"type": "HTTPRoute", "parentRefs": [{"name": "public", "namespace": "gateways"}]}
GKE_INGRESS: Manifest = {"provider": "gke", "gke": {"securityPolicy": "armor"}}
THEIRS: Manifest = {"defaultBackend": {"service": {"name": "theirs", "port": {"number": 80}}}}


def exposed_service(exposure: Manifest | None) -> Manifest:
    service = scalable_service("nlp")
    service["spec"]["exposure"] = exposure
    return service


def ready(cluster: Cluster) -> None:
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"), 60)


def pod_spec(cluster: Cluster) -> Any:
    return cluster.apps.read_namespaced_deployment("nlp", cluster.namespace).spec.template.spec


@pytest.mark.usefixtures("operator")
def test_an_ingress_from_beginning_to_end(cluster: Cluster, routes: Routes) -> None:
    cluster.create(exposed_service({"hosts": ["a.example"], "provider": "aws"}))
    wait_for("the Ingress", routes.kinds, ["Ingress"])
    ready(cluster)
    assert pod_spec(cluster).containers[0].lifecycle.pre_stop.sleep.seconds == 30
    assert pod_spec(cluster).termination_grace_period_seconds == 95
    wait_for(
        "no address yet", lambda: cluster.condition("nlp", "Exposed"), ("Unknown", "AddressPending")
    )
    routes.report("Ingress", {"loadBalancer": {"ingress": [{"hostname": "lb.example"}]}})
    wait_for(
        "its address", lambda: cluster.condition("nlp", "Exposed"), ("True", "AddressAssigned")
    )
    assert cluster.service("nlp")["status"]["exposure"] == {"address": "lb.example"}
    assert cluster.condition("nlp", "GracefulTermination") == ("True", "Draining")

    cluster.patch("nlp", {"spec": {"exposure": {"hosts": ["b.example"], "timeoutSeconds": 90}}})
    wait_for("a changed host", lambda: routes.spec("Ingress")["rules"][0]["host"], "b.example")
    attributes = "alb.ingress.kubernetes.io/target-group-attributes"
    delay = "deregistration_delay.timeout_seconds=120"
    assert routes.annotations("Ingress")[attributes] == delay

    cluster.patch("nlp", {"spec": {"exposure": None}})
    wait_for("no Ingress", routes.kinds, [])
    wait_for("pods as before", lambda: pod_spec(cluster).containers[0].lifecycle, None)
    wait_for("no condition", lambda: cluster.condition("nlp", "Exposed"), None)
    assert "exposure" not in cluster.service("nlp")["status"]


@pytest.mark.usefixtures("operator")
def test_what_somebody_changes_is_put_back_and_what_controllers_add_stays(
    cluster: Cluster, routes: Routes
) -> None:
    passed = {"example.com/mode": "strict"}
    cluster.create(exposed_service({"provider": "aws", "annotations": passed}))
    wait_for("the Ingress", routes.kinds, ["Ingress"])
    ready(cluster)
    routes.patch("Ingress", {"metadata": {"annotations": {"example.com/added": "by a controller"}}})
    for name in ("example.com/mode", "alb.ingress.kubernetes.io/scheme"):
        before = routes.annotations("Ingress")[name]
        routes.patch("Ingress", {"metadata": {"annotations": {name: "other"}}})
        wait_for(f"{name} is back", partial(_annotation, routes, name), before)
    assert routes.annotations("Ingress")["example.com/added"] == "by a controller"
    routes.delete("Ingress")
    wait_for("it is back", routes.kinds, ["Ingress"])

    def version() -> str:
        found = routes.get("Ingress")
        return str(found["metadata"]["resourceVersion"]) if found else ""

    stays("what is settled is not written", version, version(), 4)


def _annotation(routes: Routes, name: str) -> str:
    return routes.annotations("Ingress")[name]


@pytest.mark.usefixtures("operator")
def test_somebody_elses_ingress_is_not_taken_over_and_scaling_goes_on(
    cluster: Cluster, routes: Routes
) -> None:
    routes.create("Ingress", THEIRS)
    cluster.create(exposed_service({}))
    wait_for("refused", lambda: cluster.condition("nlp", "Exposed"), ("False", "NameTaken"))
    ready(cluster)
    assert cluster.condition("nlp", "Stalled") == ("False", "NoObstacle")
    found = routes.get("Ingress")
    assert found is not None
    assert found["spec"] == THEIRS
    assert "ownerReferences" not in found["metadata"]
    cluster.patch("nlp", {"spec": {"exposure": None}})
    wait_for("not exposed", lambda: cluster.condition("nlp", "Exposed"), None)
    assert routes.kinds() == ["Ingress"], "nor is it deleted"
    cluster.patch("nlp", {"spec": {"exposure": {}}})
    wait_for("refused", lambda: cluster.condition("nlp", "Exposed"), ("False", "NameTaken"))
    routes.delete("Ingress")
    wait_for("ours", lambda: "rules" in routes.spec("Ingress"), wanted=True)


@pytest.mark.usefixtures("operator")
def test_a_missing_kind_is_told_and_found_when_it_comes(
    lab: Lab, cluster: Cluster, routes: Routes
) -> None:
    cluster.create(exposed_service({"hosts": ["a.example"]}))
    wait_for("the Ingress", routes.kinds, ["Ingress"])
    cluster.patch("nlp", {"spec": {"exposure": ROUTE}})
    wait_for("told", lambda: cluster.condition("nlp", "Exposed"), ("False", "KindMissing"))
    ready(cluster)
    assert routes.kinds() == ["Ingress"], "what leads to the pods stays until the other is there"
    with served(str(lab.kubeconfig), HTTP_ROUTE_CRD):
        wait_for("the route, and no Ingress", routes.kinds, ["HTTPRoute"])
        wait_for(
            "not accepted", lambda: cluster.condition("nlp", "Exposed"), ("Unknown", "NotAccepted")
        )
        routes.report("HTTPRoute", _said("False", "NotAllowedByListeners"))
        wait_for("refused", lambda: cluster.condition("nlp", "Exposed"), ("False", "RouteRefused"))
        routes.report("HTTPRoute", _said("True", "Accepted"))
        wait_for("accepted", lambda: cluster.condition("nlp", "Exposed"), ("True", "RouteAccepted"))
    wait_for("gone", lambda: cluster.condition("nlp", "Exposed"), ("False", "KindMissing"))
    assert cluster.condition("nlp", "Ready") == ("True", "ReplicasReady")


def _said(status: str, reason: str) -> Manifest:
    now = "2026-03-02T08:00:00Z"
    said = {"type": "Accepted", "status": status, "reason": reason, "message": "words"}
    parent = {
        "parentRef": {"name": "public", "namespace": "gateways"},
        "controllerName": "example.com/gateway",
        "conditions": [{**said, "lastTransitionTime": now}],
    }
    return {"parents": [parent]}


@pytest.mark.usefixtures("operator")
def test_gke_by_ingress_then_by_gateway(lab: Lab, cluster: Cluster, routes: Routes) -> None:
    with served(str(lab.kubeconfig), *EXPOSURE_CRDS):
        cluster.create(exposed_service(GKE_INGRESS))
        wait_for("Ingress", routes.kinds, ["Ingress", "BackendConfig"])
        assert routes.spec("BackendConfig")["securityPolicy"] == {"name": "armor"}
        config = "cloud.google.com/backend-config"

        def annotation() -> str | None:
            found = cluster.core.read_namespaced_service("nlp", cluster.namespace)
            return (found.metadata.annotations or {}).get(config)

        wait_for("the Service names it", annotation, '{"default": "nlp"}')
        ready(cluster)
        cluster.core.patch_namespaced_service(
            "nlp", cluster.namespace, {"metadata": {"annotations": {config: None}}}
        )
        wait_for("the Service names it again", annotation, '{"default": "nlp"}')
        cluster.patch("nlp", {"spec": {"exposure": {**ROUTE, "provider": "gke"}}})
        by_gateway = ["HTTPRoute", "GCPBackendPolicy", "HealthCheckPolicy"]
        wait_for("policies", routes.kinds, by_gateway)
        wait_for("the Service names none", annotation, None)
        assert routes.spec("GCPBackendPolicy")["default"]["timeoutSec"] == 60
        cluster.patch("nlp", {"spec": {"exposure": None}})
        wait_for("nothing is left", routes.kinds, [])


def test_leftovers_go_after_a_restart_too(
    lab: Lab, cluster: Cluster, routes: Routes, tmp_path: Path
) -> None:
    with served(str(lab.kubeconfig), *GKE_CRDS):
        with running_operator(lab, tmp_path):
            cluster.create(exposed_service(GKE_INGRESS))
            wait_for("Ingress", routes.kinds, ["Ingress", "BackendConfig"])
        cluster.patch("nlp", {"spec": {"exposure": None}})
        with running_operator(lab, tmp_path):
            wait_for("nothing is left", routes.kinds, [])
            ready(cluster)


@pytest.mark.usefixtures("operator")
def test_scaling_restarts_no_pod_of_an_exposed_service(cluster: Cluster, routes: Routes) -> None:
    cluster.create(exposed_service({}))
    wait_for("the Ingress", routes.kinds, ["Ingress"])
    ready(cluster)
    before = pod_spec(cluster).to_dict()
    cluster.patch("nlp", {"spec": {"scaling": {"minReplicas": 5}}})
    wait_for("scaled", lambda: cluster.ready("nlp"), 5, 60)
    assert pod_spec(cluster).to_dict() == before
    revisions = cluster.apps.list_namespaced_replica_set(cluster.namespace).items
    assert len(revisions) == 1


@pytest.mark.usefixtures("operator")
def test_a_short_grace_period_of_the_template_is_kept_and_told(cluster: Cluster) -> None:
    service = exposed_service({})
    service["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 12
    cluster.create(service)
    wait_for(
        "told",
        lambda: cluster.condition("nlp", "GracefulTermination"),
        ("False", "GracePeriodTooShort"),
    )
    ready(cluster)
    assert pod_spec(cluster).termination_grace_period_seconds == 12
    assert pod_spec(cluster).containers[0].lifecycle.pre_stop.sleep.seconds == 7


@pytest.mark.usefixtures("operator")
def test_a_deleted_service_takes_its_route_along(cluster: Cluster, routes: Routes) -> None:
    cluster.create(exposed_service({}))
    wait_for("the Ingress", routes.kinds, ["Ingress"])
    cluster.delete("nlp")
    # The garbage collector learns of a new CRD every 30 s.
    wait_for("garbage collection", routes.kinds, [], seconds=90)
