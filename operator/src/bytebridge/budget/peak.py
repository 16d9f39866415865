"""How many pods of a service can exist at once, hence hold connections.

A pool size is part of the pod template, so it may not follow the present replicas: every scaling
step would restart the pods. It is computed for `maxReplicas` at the worst moment instead:

- a rollout adds `maxSurge` pods (25 %, rounded up, as the Deployment controller rounds it);
- pods that terminate keep their connections until they are gone, and the Deployment counts them no
  more. With `minReadySeconds` not below their grace period, a rollout can replace no more than
  another `maxSurge` pods within that period: each needs a surplus pod that has been Ready so long.
"""

from math import ceil
from typing import Final

SURGE_PERCENT: Final = 25
"""`maxSurge` of the Deployments that the operator makes."""


def surge(replicas: int) -> int:
    """Pods that a rollout adds."""
    return ceil(replicas * SURGE_PERCENT / 100)


def terminating(replicas: int) -> int:
    """Pods that may be terminating beside the replicas and the surge."""
    return surge(replicas)


def peak_pods(replicas: int) -> int:
    """Pods at the worst moment of a service that has this `maxReplicas`."""
    return replicas + surge(replicas) + terminating(replicas)


def replicas_within(pods: int) -> int:
    """The highest `maxReplicas` whose worst moment has no more than these pods; 0: none has."""
    # Each replica adds at least one pod and at most one and a half, rounded up twice.
    replicas = max(0, pods)
    while replicas > 0 and peak_pods(replicas) > pods:
        replicas -= max(1, (peak_pods(replicas) - pods) // 2)
    return max(0, replicas)
