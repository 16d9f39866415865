"""How many replicas may run, where the database allows fewer than `maxReplicas`."""

from dataclasses import replace

from bytebridge.api.service import ScalableService
from bytebridge.budget.peak import terminating
from bytebridge.controller.projection import DeploymentView
from bytebridge.controller.store import Entry
from bytebridge.scaling.actuation import lowest_of
from bytebridge.scaling.policy import Policy


def lasting_ceiling(
    entry: Entry, service: ScalableService, deployment: DeploymentView
) -> int | None:
    """Replicas that the connections suffice for and that are of use; `None`: no bound.

    It holds for the HPA as well: its CPU metric knows nothing of the database, and a pod that waits
    for it may well burn CPU. What stands is never lowered for a database that is the bottleneck.
    """
    ceiling = entry.holdings.ceiling(service)
    if entry.guard.bound is None:
        return ceiling
    return lowest_of(ceiling, max(entry.guard.bound, deployment.spec_replicas))


def replicas_ceiling(
    entry: Entry, service: ScalableService, deployment: DeploymentView
) -> int | None:
    """Replicas that may run now; `None`: the connections set no bound.

    More pods that terminate than the budget has counted hold connections that new ones would need:
    until they are gone nothing is added beyond them. They never take a replica away.
    """
    ceiling = lasting_ceiling(entry, service, deployment)
    if ceiling is None:
        return None
    surplus = max(0, (deployment.terminating or 0) - terminating(ceiling))
    return min(ceiling, max(deployment.spec_replicas, ceiling - surplus))


def capped(policy: Policy, ceiling: int | None) -> Policy:
    """The policy within a ceiling."""
    if ceiling is None or ceiling >= policy.max_replicas:
        return policy
    fallback = policy.fallback_replicas
    return replace(
        policy,
        max_replicas=ceiling,
        min_replicas=min(policy.min_replicas, ceiling),
        fallback_replicas=None if fallback is None else min(fallback, ceiling),
    )
