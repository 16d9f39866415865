"""The PodDisruptionBudget: a node drain takes a few pods at a time."""

from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, child_metadata, pod_selector


def disruption_budget(service: ScalableService) -> Manifest:
    """At most a tenth of the pods at once.

    A percentage of `maxUnavailable` is rounded up, so a single replica can still be evicted and
    never blocks a drain for ever. Pods that are not Ready never block it either.
    """
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": child_metadata(service),
        "spec": {
            "maxUnavailable": "10%",
            "selector": {"matchLabels": pod_selector(service)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
