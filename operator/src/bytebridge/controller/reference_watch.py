"""A look at the pods that do not start, now and then."""

from collections.abc import Iterator

from bytebridge.api.service import ScalableService
from bytebridge.cluster.client import ClusterClient
from bytebridge.controller.projection import DeploymentView
from bytebridge.controller.references import (
    FIRST_LOOK_SECONDS,
    LOOK_AGAIN_SECONDS,
    missing_references,
    wait_for_mounts,
)
from bytebridge.controller.store import Entry, Key, Store
from bytebridge.resources.pooler.configuration import pooler_name


async def look_for_missing(
    client: ClusterClient,
    store: Store,
    key: Key,
    entry: Entry,
    service: ScalableService,
    monotonic: float,
) -> None:
    """Remember what pods of the service, or of its pooler, miss.

    Raises:
        ApiError: The pods, or their Events, could not be read.
    """
    starting = list(_starting(store, key, service))
    if not starting:
        entry.starting_since = entry.missing = None
        return
    if entry.starting_since is None:
        entry.starting_since = monotonic
    due = monotonic - entry.pods_seen_at >= LOOK_AGAIN_SECONDS
    if not due or monotonic - entry.starting_since < FIRST_LOOK_SECONDS:
        return
    entry.pods_seen_at = monotonic
    pods = [
        pod for deployment in starting for pod in await client.pods(key[0], dict(deployment.labels))
    ]
    failed = await client.failed_mounts(key[0]) if wait_for_mounts(pods) else []
    entry.missing = missing_references(pods, failed)


def _starting(store: Store, key: Key, service: ScalableService) -> Iterator[DeploymentView]:
    """Deployments with pods that are not Ready."""
    for name in (service.target_name, pooler_name(service)):
        deployment = store.deployments.get((key[0], name))
        if deployment is not None and deployment.starting and deployment.labels:
            yield deployment
