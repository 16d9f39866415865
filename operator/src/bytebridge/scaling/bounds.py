"""The rails: bounds and steps."""

from math import ceil

from bytebridge.scaling.policy import Policy
from bytebridge.scaling.rails import RailsMemory


def clamp(policy: Policy, replicas: int) -> int:
    """Within `minReplicas` and `maxReplicas`."""
    return max(policy.min_replicas, min(policy.max_replicas, replicas))


def limit_step(policy: Policy, present: int, wanted: int) -> int:
    """No more than `scaleUp` allows beyond the present replicas; `minReplicas` comes at once.

    Args:
        policy: The compiled spec.
        present: Replicas from which steps count: the fewest of the period.
        wanted: Without the limit.
    """
    step = _step(policy.max_step_up, policy.max_step_up_replicas, present)
    return wanted if step is None else max(policy.min_replicas, min(wanted, present + step))


def lowest_step(policy: Policy, present: int) -> int:
    """The fewest replicas that `scaleDown` allows to go down to.

    Args:
        policy: The compiled spec.
        present: Replicas from which steps count: the most of the period.
    """
    step = _step(policy.max_step_down, policy.max_step_down_replicas, present)
    return 0 if step is None else present - step


def _step(share: float | None, replicas: int | None, present: int) -> int | None:
    """The lower of two limits, at least one replica, as otherwise nothing could ever move.

    Source: Kubernetes documentation, "Horizontal Pod Autoscaling", scaling policies and
    `selectPolicy: Min`.
    """
    limits = [] if share is None else [max(1, ceil(present * share))]
    if replicas is not None:
        limits.append(replicas)
    return min(limits, default=None)


def fewest_of_period(policy: Policy, memory: RailsMemory | None, time: float, present: int) -> int:
    """Replicas from which steps up count."""
    period = policy.step_up_period_seconds
    return -memory.lows.largest(time, period) if memory and period else present


def most_of_period(policy: Policy, memory: RailsMemory | None, time: float, present: int) -> int:
    """Replicas from which steps down count."""
    period = policy.step_down_period_seconds
    return memory.highs.largest(time, period) if memory and period else present
