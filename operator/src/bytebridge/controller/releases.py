"""When pods with a former pool size are gone, and what they held is free."""

from typing import Final

from bytebridge.api.pooler import Placement
from bytebridge.api.service import ScalableService
from bytebridge.controller.projection import DeploymentView
from bytebridge.controller.store import Entry, Key, Store
from bytebridge.resources.pod_template import grace_seconds

RELOAD_SECONDS: Final = 150.0
"""A mounted ConfigMap is as new as the kubelet's last sync (60 s, more under load) and its cache;
then PgBouncer closes what is idle beyond a smaller pool."""
UNSEEN_TERMINATION_SECONDS: Final = 60.0
"""For clusters whose Deployments do not count terminating pods."""


def release(store: Store, key: Key, entry: Entry, monotonic: float) -> None:
    """Forget former pools of a service once no pod can have them."""
    holdings, service = entry.holdings, entry.service
    releasing = any(grant.releasing_connections for grant in holdings.grants.values())
    if service is None or not releasing:
        holdings.quiet_since = None
        return
    wait = _seconds_to_wait(service, store.deployments.get(key), entry)
    if wait is None:
        holdings.quiet_since = None
        return
    if holdings.quiet_since is None:
        holdings.quiet_since = monotonic
    if monotonic - holdings.quiet_since >= wait:
        holdings.grants = {role: grant.settled() for role, grant in holdings.grants.items()}


def _seconds_to_wait(
    service: ScalableService, deployment: DeploymentView | None, entry: Entry
) -> float | None:
    """How long the present state must last; `None`: pods of before are still there."""
    postgres = service.spec.database.postgres
    pooler = postgres.pooler if postgres else None
    if pooler is not None:
        applied = entry.applied_wiring == entry.holdings.wiring
        if pooler.placement is Placement.DEPLOYMENT:
            return RELOAD_SECONDS if applied else None
    if deployment is None:
        return 0.0
    most = min(grant.max_replicas for grant in entry.holdings.grants.values())
    if deployment.pools != entry.holdings.wiring.pools or not deployment.rolled_out:
        return None
    if deployment.spec_replicas > most or deployment.terminating:
        return None
    unseen = max(UNSEEN_TERMINATION_SECONDS, grace_seconds(service))
    seconds = unseen if deployment.terminating is None else 0.0
    return seconds if pooler is None else max(seconds, RELOAD_SECONDS)
