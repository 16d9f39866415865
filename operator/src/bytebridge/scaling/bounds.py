"""The rails: bounds and steps."""

from math import ceil

from bytebridge.scaling.policy import Policy


def clamp(policy: Policy, replicas: int) -> int:
    """Within `minReplicas` and `maxReplicas`."""
    return max(policy.min_replicas, min(policy.max_replicas, replicas))


def limit_step(policy: Policy, present: int, wanted: int) -> int:
    """At most `scaleUp.maxStepPercent` more than the present replicas, but at least one more."""
    if policy.max_step_up is None:
        return wanted
    most = present + max(1, ceil(present * policy.max_step_up))
    return max(policy.min_replicas, min(wanted, most))
