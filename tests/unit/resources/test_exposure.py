"""What the goldens do not show: defaults, health checks, and who owns which annotation."""

from typing import Any

import pytest

from bytebridge.api.exposure import OWNED_ANNOTATIONS
from bytebridge.api.service import ScalableService
from bytebridge.resources.exposure.children import exposure_children
from bytebridge.resources.exposure.health_check import health_check_path
from bytebridge.resources.network_service import network_service


def service(exposure: dict[str, Any] | None, app: dict[str, Any] | None = None) -> ScalableService:
    container = {"name": "app", "image": "example", **(app or {})}
    return ScalableService.model_validate(
        {
            "metadata": {"name": "nlp", "namespace": "legal"},
            "spec": {
                "template": {"spec": {"containers": [container]}},
                "scaling": {"maxReplicas": 10, "objective": {"latencyMilliseconds": 200}},
                "exposure": exposure,
            },
        }
    )


def probe(port: int | str, **fields: Any) -> dict[str, Any]:
    return {
        "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9000}],
        "readinessProbe": {"httpGet": {"port": port, **fields}},
    }


@pytest.mark.parametrize(
    ("check", "app", "path"),
    [
        ({}, {}, "/"),
        ({}, probe(8080, path="/readyz"), "/readyz"),
        ({}, probe("http", path="/readyz"), "/readyz"),
        ({}, probe(8080), "/"),
        ({}, probe(9000, path="/other-port"), "/"),
        ({}, probe("unknown", path="/no-port"), "/"),
        ({}, {"readinessProbe": {"exec": {"command": ["true"]}}}, "/"),
        ({"path": "/healthz"}, probe(8080, path="/readyz"), "/healthz"),
    ],
)
def test_the_path_of_the_health_check(
    check: dict[str, Any], app: dict[str, Any], path: str
) -> None:
    found = service({"provider": "aws", "healthCheck": check}, app)
    assert found.spec.exposure is not None
    assert health_check_path(found, found.spec.exposure) == path


@pytest.mark.parametrize(
    ("exposure", "ingress_class", "annotation"),
    [
        ({}, None, None),
        ({"ingressClassName": "nginx"}, "nginx", None),
        ({"provider": "aws"}, "alb", None),
        ({"provider": "aws", "ingressClassName": "mine"}, "mine", None),
        ({"provider": "gke"}, None, "gce-internal"),
        ({"provider": "gke", "scheme": "internet-facing"}, None, "gce"),
    ],
)
def test_the_class_of_the_ingress(
    exposure: dict[str, Any], ingress_class: str | None, annotation: str | None
) -> None:
    found = exposure_children(service(exposure))[-1]
    assert found["spec"].get("ingressClassName") == ingress_class
    annotations = found["metadata"].get("annotations", {})
    assert annotations.get("kubernetes.io/ingress.class") == annotation


def test_nothing_is_public_by_default() -> None:
    annotations = exposure_children(service({"provider": "aws"}))[-1]["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/scheme"] == "internal"


def test_without_hosts_there_is_one_rule_for_all() -> None:
    (found,) = exposure_children(service({"tlsSecretName": "tls"}))
    assert [list(rule) for rule in found["spec"]["rules"]] == [["http"]]
    assert found["spec"]["tls"] == [{"secretName": "tls"}]


def test_a_host_each_has_a_rule() -> None:
    (found,) = exposure_children(service({"hosts": ["a.example", "b.example"], "path": "/v1"}))
    assert [(r["host"], r["http"]["paths"][0]["path"]) for r in found["spec"]["rules"]] == [
        ("a.example", "/v1"),
        ("b.example", "/v1"),
    ]


EVERYTHING_OF_AN_ALB = {
    "provider": "aws",
    "aws": {
        "certificateArns": ["arn:aws:acm:x:1:certificate/a", "arn:aws:acm:x:1:certificate/b"],
        "wafv2AclArn": "none",
    },
}


def test_what_the_operator_sets_on_an_ingress_is_refused_in_the_spec() -> None:
    alb = exposure_children(service(EVERYTHING_OF_AN_ALB))[-1]["metadata"]["annotations"]
    gke = exposure_children(service({"provider": "gke"}))[-1]["metadata"]["annotations"]
    assert {*alb, *gke} == set(OWNED_ANNOTATIONS)


def test_certificates_are_joined() -> None:
    alb = exposure_children(service(EVERYTHING_OF_AN_ALB))[-1]["metadata"]["annotations"]
    assert alb["alb.ingress.kubernetes.io/certificate-arn"] == (
        "arn:aws:acm:x:1:certificate/a,arn:aws:acm:x:1:certificate/b"
    )


@pytest.mark.parametrize(
    ("exposure", "annotated"),
    [
        (None, False),
        ({}, False),
        ({"provider": "aws"}, False),
        ({"provider": "gke"}, True),
        ({"provider": "gke", "type": "HTTPRoute", "parentRefs": [{"name": "x"}]}, False),
    ],
)
def test_the_service_knows_its_backend_config(
    exposure: dict[str, Any] | None, annotated: bool
) -> None:
    annotations = network_service(service(exposure))["metadata"].get("annotations", {})
    assert ("cloud.google.com/backend-config" in annotations) is annotated


def test_an_armor_policy_is_taken_away_by_an_empty_name() -> None:
    config, _ = exposure_children(service({"provider": "gke", "gke": {"securityPolicy": ""}}))
    assert config["spec"]["securityPolicy"] == {"name": ""}
    without, _ = exposure_children(service({"provider": "gke"}))
    assert "securityPolicy" not in without["spec"]
