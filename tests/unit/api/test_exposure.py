"""What is refused of an exposure in a file that no API server saw, one line a case."""

from typing import Any

import pytest
from pydantic import ValidationError

from bytebridge.api.exposure import OWNED_ANNOTATIONS, Exposure, Provider
from bytebridge.api.service import ScalableServiceSpec

ROUTE: dict[str, Any] = {"type": "HTTPRoute", "parentRefs": [{"name": "public"}]}
AWS: dict[str, Any] = {"provider": "aws"}
GKE: dict[str, Any] = {"provider": "gke"}


def exposure(**fields: Any) -> Exposure:
    return Exposure.model_validate(fields)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"type": "HTTPRoute"}, "parentRefs: required with type HTTPRoute"),
    ({"parentRefs": [{"name": "public"}]}, "parentRefs: only with type HTTPRoute"),
    ({"type": "HTTPRoute", "parentRefs": []}, "parentRefs"),
    ({**ROUTE, "ingressClassName": "nginx"}, "ingressClassName, tlsSecretName and scheme"),
    ({**ROUTE, "tlsSecretName": "tls"}, "ingressClassName, tlsSecretName and scheme"),
    ({**ROUTE, **GKE, "scheme": "internal"}, "ingressClassName, tlsSecretName and scheme"),
    ({**ROUTE, **AWS}, "provider: aws sets up an ALB by type Ingress only"),
    ({"aws": {}}, "aws: only with provider aws"),
    ({**GKE, "aws": {}}, "aws: only with provider aws"),
    ({**AWS, "gke": {}}, "gke: only with provider gke"),
    ({"scheme": "internal"}, "scheme and healthCheck: only with provider aws or gke"),
    ({"healthCheck": {}}, "scheme and healthCheck: only with provider aws or gke"),
    ({**AWS, "tlsSecretName": "tls"}, "tlsSecretName: an ALB takes no Secrets"),
    ({**GKE, "ingressClassName": "gce"}, "ingressClassName: GKE's controller goes by scheme"),
    ({"hosts": ["a.example", "a.example"]}, "hosts: each once"),
    ({"hosts": ["10.0.0.1"]}, "hosts"),
    ({"hosts": ["a.example:8080"]}, "hosts"),
    ({"hosts": ["A.example"]}, "hosts"),
    ({"hosts": ["*"]}, "hosts"),
    ({"path": "v1"}, "path"),
    ({"path": "/v1//x"}, "path"),
    ({"path": "/v1/../x"}, "path"),
    ({"path": "/a b"}, "path"),
    ({"drainSeconds": 0}, "drainSeconds"),
    ({"timeoutSeconds": 3001}, "timeoutSeconds"),
    ({**AWS, "healthCheck": {"intervalSeconds": 5}}, "timeoutSeconds: must be below"),
    ({**AWS, "aws": {"wafv2AclArn": "my-acl"}}, "wafv2AclArn"),
    ({**AWS, "aws": {"certificateArns": ["a,b"]}}, "certificateArns"),
    (
        {**AWS, "aws": {"targetGroupAttributes": {"deregistration_delay.timeout_seconds": "5"}}},
        "targetGroupAttributes: deregistration_delay.timeout_seconds follows",
    ),
    ({**AWS, "aws": {"targetGroupAttributes": {"a": "1,b=2"}}}, "targetGroupAttributes"),
    ({**GKE, "gke": {"securityPolicy": "My Policy"}}, "securityPolicy"),
    ({"annotations": {"scaling.bytebridge.io/x": "y"}}, "annotations: the operator sets"),
    *(
        ({"annotations": {name: "x"}}, "annotations: the operator sets")
        for name in OWNED_ANNOTATIONS
    ),
]


@pytest.mark.parametrize(("fields", "words"), REFUSED)
def test_what_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        exposure(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        ROUTE,
        {**ROUTE, **GKE, "healthCheck": {}},
        {"hosts": ["a.example", "*.b.example", "service"]},
        {"path": "/"},
        {"path": "/v1/_x~y-z.json/"},
        {**AWS, "ingressClassName": "my-alb", "aws": {"wafv2AclArn": "none"}},
        {**GKE, "gke": {"securityPolicy": ""}},
        {"annotations": {"nginx.ingress.kubernetes.io/proxy-body-size": "8m"}},
    ],
)
def test_what_is_taken(fields: dict[str, Any]) -> None:
    exposure(**fields)


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [({}, 10), (AWS, 30), (GKE, 40), ({**ROUTE, **GKE}, 40), ({**AWS, "drainSeconds": 5}, 5)],
)
def test_draining_by_provider(fields: dict[str, Any], seconds: int) -> None:
    assert exposure(**fields).drain == seconds


def test_the_description_names_the_defaults() -> None:
    described = str(Exposure.model_fields["drain_seconds"].description)
    for provider in Provider:
        assert f"{provider.value} {exposure(provider=provider).drain}" in described


def test_an_adopted_deployment_is_not_exposed() -> None:
    spec = {
        "targetRef": {"name": "legacy"},
        "scaling": {"maxReplicas": 10, "objective": {"latencyMilliseconds": 200}},
        "exposure": {},
    }
    with pytest.raises(ValidationError, match=r"spec.exposure: only with template"):
        ScalableServiceSpec.model_validate(spec)
