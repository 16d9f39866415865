"""What the load balancers of one provider are told, beside hosts and paths."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from bytebridge.api.base import Model, rules

ALB: Final = "alb.ingress.kubernetes.io"
"""Prefix of the AWS Load Balancer Controller's annotations."""
DELAY_ATTRIBUTE: Final = "deregistration_delay.timeout_seconds"

Path = Annotated[str, Field(max_length=1024, pattern=r"^(/|(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?)$")]
"""No `//`, `/./` and `/../`, which HTTPRoute refuses."""
CertificateArn = Annotated[
    str, Field(max_length=2048, pattern=r"^arn:aws[a-z-]*:(acm|iam):[^,\s]+$")
]
WebAclArn = Annotated[str, Field(max_length=2048, pattern=r"^(none|arn:aws[a-z-]*:wafv2:[^,\s]+)$")]
AttributeValue = Annotated[str, Field(max_length=256, pattern=r"^[^,=\s]+$")]

_SLOW_ANSWER: Final = (
    "spec.exposure.healthCheck.timeoutSeconds: must be below intervalSeconds; lower it"
)
_DELAY_IS_COMPUTED: Final = (
    f"spec.exposure.aws.targetGroupAttributes: {DELAY_ATTRIBUTE} follows from drainSeconds and "
    "timeoutSeconds; remove it"
)


class HealthCheck(Model):
    """How the load balancer itself looks at pods (providers aws and gke)."""

    model_config = rules(("self.timeoutSeconds < self.intervalSeconds", _SLOW_ANSWER))

    path: Path | None = None
    """By default the container's HTTP readiness probe's on the same port, or else `/`."""
    interval_seconds: Annotated[int, Field(ge=5, le=300)] = 10
    timeout_seconds: Annotated[int, Field(ge=2, le=120)] = 5

    @model_validator(mode="after")
    def _answers_before_the_next(self) -> Self:
        """The CRD's rule, for files that no API server has seen."""
        if self.timeout_seconds >= self.interval_seconds:
            raise ValueError(_SLOW_ANSWER)
        return self


class AwsBalancer(Model):
    """An Application Load Balancer of the AWS Load Balancer Controller."""

    model_config = rules(
        (f"!('{DELAY_ATTRIBUTE}' in self.targetGroupAttributes)", _DELAY_IS_COMPUTED)
    )

    certificate_arns: Annotated[list[CertificateArn], Field(max_length=25)] = []
    """Certificates, the default one first; none: found by the hosts, or plain HTTP."""
    wafv2_acl_arn: WebAclArn | None = None
    """A regional web ACL. `none` takes one away; without a value the ALB keeps what it has."""
    target_group_attributes: Annotated[dict[str, AttributeValue], Field(max_length=16)] = {}
    """More attributes, such as `load_balancing.algorithm.type: least_outstanding_requests`."""

    @model_validator(mode="after")
    def _delay_is_computed(self) -> Self:
        """The CRD's rule, for files that no API server has seen."""
        if DELAY_ATTRIBUTE in self.target_group_attributes:
            raise ValueError(_DELAY_IS_COMPUTED)
        return self


class GkeBalancer(Model):
    """An Application Load Balancer of GKE."""

    security_policy: Annotated[
        str | None, Field(max_length=63, pattern=r"^([a-z]([-a-z0-9]*[a-z0-9])?)?$")
    ] = None
    """A Cloud Armor policy by name. Of an Ingress `""` takes one away; without a value it stays."""
