"""`spec.exposure`: how requests from outside the cluster reach the service, and leave its pods."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from bytebridge.api.balancers import ALB, AwsBalancer, GkeBalancer, HealthCheck, Path
from bytebridge.api.base import Model, rules
from bytebridge.api.names import GROUP
from bytebridge.api.secrets import SecretName

INGRESS_CLASS_ANNOTATION: Final = "kubernetes.io/ingress.class"

OWNED_ANNOTATIONS: Final = (
    f"{ALB}/scheme",
    f"{ALB}/target-type",
    f"{ALB}/healthcheck-path",
    f"{ALB}/healthcheck-interval-seconds",
    f"{ALB}/healthcheck-timeout-seconds",
    f"{ALB}/target-group-attributes",
    f"{ALB}/certificate-arn",
    f"{ALB}/wafv2-acl-arn",
    INGRESS_CLASS_ANNOTATION,
)
"""That a field of `spec.exposure` stands for."""

HostName = Annotated[
    str,
    Field(
        max_length=253,
        pattern=r"^(\*\.)?([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)*[a-z]([-a-z0-9]*[a-z0-9])?$",
    ),
]
"""A name as Ingress and HTTPRoute take it; no address, no port."""
ObjectName = Annotated[str, Field(max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
NamespaceName = Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]


class ExposureType(StrEnum):
    """What leads to the Service."""

    INGRESS = "Ingress"
    HTTP_ROUTE = "HTTPRoute"


class Provider(StrEnum):
    """Whose load balancer is set up beyond what the kind itself can say."""

    GENERIC = "generic"
    AWS = "aws"
    GKE = "gke"


class Scheme(StrEnum):
    """Who can reach the load balancer."""

    INTERNAL = "internal"
    INTERNET_FACING = "internet-facing"


DRAIN_SECONDS: Final[Mapping[Provider, int]] = {
    Provider.GENERIC: 10,
    Provider.AWS: 30,
    Provider.GKE: 40,
}
"""Until a load balancer sends no new request to a pod that ends.

A proxy in the cluster follows EndpointSlices within seconds. An ALB goes on for some seconds after
a target is deregistered; 25 s of sleep were enough where 5 s were not
(github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1064). Google's example for network
endpoint groups sleeps 40 s (cloud.google.com/knowledge/kb/
502-503-errors-on-external-http-s-load-balancer-000006416).
"""


class ParentRef(Model):
    """A Gateway that the route is attached to."""

    name: ObjectName
    namespace: NamespaceName | None = None
    """By default the service's own. The Gateway's listener must allow routes of it."""
    section_name: ObjectName | None = None
    """A listener of the Gateway; by default all that fit."""


_OWNED_IN_CEL: Final = ", ".join(f"'{name}'" for name in OWNED_ANNOTATIONS)

_Check = Callable[["Exposure"], bool]
_CHECKS: Final[tuple[tuple[str, str, _Check], ...]] = (
    (
        "self.type == 'Ingress' || has(self.parentRefs)",
        "spec.exposure.parentRefs: required with type HTTPRoute; name a Gateway",
        lambda self: not self.is_route or bool(self.parent_refs),
    ),
    (
        "self.type == 'HTTPRoute' || !has(self.parentRefs)",
        "spec.exposure.parentRefs: only with type HTTPRoute; remove them or set the type",
        lambda self: self.is_route or not self.parent_refs,
    ),
    (
        (
            "self.type == 'Ingress' || (!has(self.ingressClassName) && !has(self.tlsSecretName) "
            "&& !has(self.scheme))"
        ),
        (
            "spec.exposure.ingressClassName, tlsSecretName and scheme: only with type Ingress, "
            "as a Gateway has classes, certificates and addresses of its own; remove them"
        ),
        lambda self: (
            not self.is_route
            or not (self.ingress_class_name or self.tls_secret_name or self.scheme)
        ),
    ),
    (
        "self.provider != 'aws' || self.type == 'Ingress'",
        (
            "spec.exposure.provider: aws sets up an ALB by type Ingress only; set type: Ingress, "
            "or provider: generic for a Gateway"
        ),
        lambda self: self.provider is not Provider.AWS or not self.is_route,
    ),
    (
        "self.provider == 'aws' || !has(self.aws)",
        "spec.exposure.aws: only with provider aws; remove it or set the provider",
        lambda self: self.provider is Provider.AWS or self.aws is None,
    ),
    (
        "self.provider == 'gke' || !has(self.gke)",
        "spec.exposure.gke: only with provider gke; remove it or set the provider",
        lambda self: self.provider is Provider.GKE or self.gke is None,
    ),
    (
        "self.provider != 'generic' || (!has(self.scheme) && !has(self.healthCheck))",
        (
            "spec.exposure.scheme and healthCheck: only with provider aws or gke; remove them, "
            "or set your controller's annotations"
        ),
        lambda self: (
            self.provider is not Provider.GENERIC or not (self.scheme or self.health_check)
        ),
    ),
    (
        "self.provider != 'aws' || !has(self.tlsSecretName)",
        (
            "spec.exposure.tlsSecretName: an ALB takes no Secrets; "
            "use aws.certificateArns of ACM instead"
        ),
        lambda self: self.provider is not Provider.AWS or self.tls_secret_name is None,
    ),
    (
        "self.provider != 'gke' || !has(self.ingressClassName)",
        (
            "spec.exposure.ingressClassName: GKE's controller goes by scheme and ignores it; "
            "remove it"
        ),
        lambda self: self.provider is not Provider.GKE or self.ingress_class_name is None,
    ),
    (
        "self.hosts.all(host, self.hosts.exists_one(other, other == host))",
        "spec.exposure.hosts: each once; remove what is there twice",
        lambda self: len(set(self.hosts)) == len(self.hosts),
    ),
    (
        (
            f"!self.annotations.exists(name, name in [{_OWNED_IN_CEL}] "
            f"|| name.startsWith('{GROUP}/'))"
        ),
        (
            "spec.exposure.annotations: the operator sets the class, and of an ALB scheme, "
            "target-type, health check path, interval and timeout, target-group-attributes, "
            "certificate-arn and wafv2-acl-arn; use the fields of spec.exposure"
        ),
        lambda self: (
            not any(
                name in OWNED_ANNOTATIONS or name.startswith(f"{GROUP}/")
                for name in self.annotations
            )
        ),
    ),
)
"""What a schema cannot say: in CEL for the API server, and for files that none has seen."""


class Exposure(Model):
    """An Ingress or HTTPRoute to the Service, and pods that end without dropping a request."""

    model_config = rules(*((rule, message) for rule, message, _ in _CHECKS))

    type: ExposureType = ExposureType.INGRESS
    provider: Provider = Provider.GENERIC
    """`aws`: an ALB by Ingress. `gke`: GKE's load balancers, by Ingress or Gateway."""
    hosts: Annotated[list[HostName], Field(max_length=16)] = []
    """None: whatever host reaches the load balancer."""
    path: Path = "/"
    """Requests below this path; it is not cut off."""
    ingress_class_name: ObjectName | None = None
    """By default the cluster's default class; `alb` with provider aws."""
    tls_secret_name: SecretName | None = None
    """A kubernetes.io/tls Secret of the same namespace, which the Ingress controller reads."""
    parent_refs: Annotated[list[ParentRef] | None, Field(min_length=1, max_length=8)] = None
    """Gateways of an HTTPRoute."""
    scheme: Scheme | None = None
    """Of an ALB or a GKE Ingress; by default `internal`."""
    annotations: Annotated[
        dict[str, Annotated[str, Field(max_length=8192)]], Field(max_length=32)
    ] = {}
    """More annotations of the Ingress or HTTPRoute, for its controller."""
    timeout_seconds: Annotated[int, Field(ge=1, le=3000)] = 60
    """The longest that a request may take; GKE and HTTPRoutes break it off then."""
    drain_seconds: Annotated[int | None, Field(ge=1, le=600)] = None
    """A pod that ends goes on to serve for so long; by default generic 10, aws 30, gke 40."""
    health_check: HealthCheck | None = None
    aws: AwsBalancer | None = None
    gke: GkeBalancer | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for _, message, holds in _CHECKS:
            if not holds(self):
                raise ValueError(message)
        return self

    @property
    def is_route(self) -> bool:
        """By a Gateway, not by an Ingress."""
        return self.type is ExposureType.HTTP_ROUTE

    @property
    def drain(self) -> int:
        """Seconds that a pod goes on to serve."""
        return self.drain_seconds or DRAIN_SECONDS[self.provider]
