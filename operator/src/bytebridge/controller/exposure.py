"""Apply what exposes a service, and delete what is wanted no more."""

from collections.abc import Iterator, Mapping
from typing import Final

import structlog

from bytebridge.api.service import ScalableService
from bytebridge.cluster.client import ClusterClient, Manifest
from bytebridge.cluster.errors import ApiError
from bytebridge.cluster.kinds import KINDS
from bytebridge.controller.children import child_key, digest, refuse_foreign
from bytebridge.controller.obstacles import Obstacle
from bytebridge.controller.routes import ChildKey
from bytebridge.controller.store import Entry, Store, Unserved
from bytebridge.resources.exposure.children import (
    EXPOSURE_KINDS,
    exposure_children,
    exposure_kinds,
)

log = structlog.get_logger()

_GKE_GATEWAY: Final = (
    "enable the Gateway API of the GKE cluster (gcloud container clusters update --gateway-api), "
    "or set spec.exposure.provider: generic"
)
MENDS: Final[Mapping[str, str]] = {
    "Ingress": "upgrade the cluster",
    "HTTPRoute": (
        "install the Gateway API's CRDs (standard channel, 1.2 or newer), "
        "or set spec.exposure.type: Ingress"
    ),
    "BackendConfig": (
        "provider gke needs a GKE cluster with HTTP load balancing; "
        "set spec.exposure.provider: generic elsewhere"
    ),
    "GCPBackendPolicy": _GKE_GATEWAY,
    "HealthCheckPolicy": _GKE_GATEWAY,
}


async def keep_exposure(
    client: ClusterClient, store: Store, entry: Entry, service: ScalableService
) -> None:
    """Bring Ingress or HTTPRoute, and what belongs to it, to where they should be.

    What stands in the way is kept for the condition `Exposed`, and keeps nothing else from being
    done: a service that is not reached from outside is still to be scaled.
    """
    before = entry.exposure.obstacle
    try:
        entry.exposure.obstacle = await _expose(client, store, entry, service)
    except ApiError as error:
        entry.exposure.obstacle = "ApplyFailed", str(error)
    found = entry.exposure.obstacle
    if found is not None and found != before:
        name, namespace = service.metadata.name, service.metadata.namespace
        log.warning("not exposed", namespace=namespace, name=name, reason=found[0], error=found[1])


def find_unserved(store: Store, kinds: tuple[str, ...]) -> Obstacle | None:
    """The first kind that the cluster lacks, or that the operator may not see."""
    for kind in kinds:
        found = store.unserved.get(kind)
        if found is Unserved.MISSING:
            words = f"the cluster does not serve {kind} ({KINDS[kind].api}): {MENDS[kind]}"
            return "KindMissing", words
        if found is Unserved.FORBIDDEN:
            words = f"the operator may not list {kind}: give its account the chart's permissions"
            return "Forbidden", words
        if found is Unserved.UNSEEN:
            return "KindUnseen", f"{kind} could not be listed yet: it is tried again soon"
    return None


async def _expose(
    client: ClusterClient, store: Store, entry: Entry, service: ScalableService
) -> Obstacle | None:
    exposure = service.spec.exposure
    kinds = exposure_kinds(exposure) if exposure else ()
    obstacle = find_unserved(store, kinds)
    if obstacle is not None:
        return obstacle
    keys = list(_keys(service, kinds))
    generation = service.metadata.generation  # The entry's own may move on meanwhile.
    if entry.exposure.generation != generation or any(_differs(store, entry, key) for key in keys):
        for key in keys:
            obstacle = await _foreign(client, store, service, key)
            if obstacle is not None:
                return obstacle  # before anything is applied
        for manifest in exposure_children(service):
            key = child_key(manifest)
            changed = entry.exposure.built.get(key) != digest(manifest)
            if changed or _differs(store, entry, key):
                await _apply(client, store, entry, manifest)
        entry.exposure.generation = generation
    # Only now, so that a change from one kind to the other leaves no time without either.
    await _delete_others(client, store, entry, service, kinds)
    return None


def _keys(service: ScalableService, kinds: tuple[str, ...]) -> Iterator[ChildKey]:
    for kind in kinds:
        yield kind, service.metadata.namespace, service.metadata.name


def _differs(store: Store, entry: Entry, key: ChildKey) -> bool:
    """Whether the live object is not what the last apply left."""
    live, view = store.children.get(key), store.routes.get(key)
    if live is None or view is None or live.fingerprint != entry.exposure.applied.get(key):
        return True
    wanted = entry.exposure.annotations.get(key, {})
    return any(view.annotations.get(name) != text for name, text in wanted.items())


async def _foreign(
    client: ClusterClient, store: Store, service: ScalableService, key: ChildKey
) -> Obstacle | None:
    try:
        await refuse_foreign(client, store, service, key)
    except ApiError as error:
        if error.conflict:
            return "NameTaken", str(error)
        if error.not_found:
            store.unserved[key[0]] = Unserved.MISSING
            return find_unserved(store, (key[0],))
        raise
    return None


async def _apply(client: ClusterClient, store: Store, entry: Entry, manifest: Manifest) -> None:
    key = child_key(manifest)
    store.put_route(key[0], await client.apply(manifest))
    entry.exposure.applied[key] = store.children[key].fingerprint
    entry.exposure.built[key] = digest(manifest)
    entry.exposure.annotations[key] = manifest["metadata"].get("annotations", {})


async def _delete_others(
    client: ClusterClient,
    store: Store,
    entry: Entry,
    service: ScalableService,
    kinds: tuple[str, ...],
) -> None:
    """Delete what a former spec has made, by this operator or one before it."""
    if not store.routes:
        return
    for key in _keys(service, EXPOSURE_KINDS):
        live, view = store.children.get(key), store.routes.get(key)
        if key[0] in kinds or live is None or live.service != service.metadata.name:
            continue
        if view is not None and view.leaving:
            continue
        await client.delete(KINDS[key[0]], key[1], key[2])
        store.forget_child(*key)
        entry.exposure.applied.pop(key, None)
        entry.exposure.built.pop(key, None)
        entry.exposure.annotations.pop(key, None)
