"""An Application Load Balancer by annotations of the AWS Load Balancer Controller.

Source: kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/.
"""

from typing import Final

from bytebridge.api.balancers import ALB, DELAY_ATTRIBUTE, AwsBalancer
from bytebridge.api.exposure import Exposure, Scheme
from bytebridge.api.service import ScalableService
from bytebridge.resources.exposure.health_check import health_check_of, health_check_path
from bytebridge.resources.termination import balancer_drain_seconds

INGRESS_CLASS: Final = "alb"
"""That the controller's own Helm chart makes."""


def alb_annotations(service: ScalableService, exposure: Exposure) -> dict[str, str]:
    """What the ALB is told.

    Target type `ip` sends requests to pods, not to nodes, so that a pod's end is the target's end
    and readiness gates work (".../deploy/pod_readiness_gate/"). The deregistration delay, 0 to
    3,600 s by ".../annotations/#target-group-attributes", is as long as pods finish requests.
    """
    check, balancer = health_check_of(exposure), exposure.aws or AwsBalancer()
    attributes = {
        DELAY_ATTRIBUTE: str(balancer_drain_seconds(exposure)),
        **balancer.target_group_attributes,
    }
    annotations = {
        f"{ALB}/scheme": (exposure.scheme or Scheme.INTERNAL).value,
        f"{ALB}/target-type": "ip",
        f"{ALB}/healthcheck-path": health_check_path(service, exposure),
        f"{ALB}/healthcheck-interval-seconds": str(check.interval_seconds),
        f"{ALB}/healthcheck-timeout-seconds": str(check.timeout_seconds),
        f"{ALB}/target-group-attributes": ",".join(
            f"{name}={attributes[name]}" for name in sorted(attributes)
        ),
    }
    if balancer.certificate_arns:
        annotations[f"{ALB}/certificate-arn"] = ",".join(balancer.certificate_arns)
    if balancer.wafv2_acl_arn is not None:
        annotations[f"{ALB}/wafv2-acl-arn"] = balancer.wafv2_acl_arn
    return annotations
