"""Apply children that are missing, outdated or drifted, and delete what is wanted no more."""

import hashlib
import json

from bytebridge.api.service import ScalableService
from bytebridge.cluster.client import ClusterClient, Manifest
from bytebridge.cluster.kinds import KINDS
from bytebridge.controller.store import ChildKey, Entry, Store
from bytebridge.resources.autoscaler import autoscaler, steered_minimum
from bytebridge.resources.children import children, optional_children
from bytebridge.resources.deployment import initial_replicas

HPA_KIND = "HorizontalPodAutoscaler"
UNWATCHED = frozenset({"PodMonitor", "ConfigMap", "EndpointSlice", "NetworkPolicy"})
"""A watch on all ConfigMaps of a cluster would bring what is none of the operator's business."""


async def apply_children(
    client: ClusterClient, store: Store, entry: Entry, service: ScalableService, monitors: bool
) -> None:
    """Apply the children whose live state differs from what the last apply left.

    Raises:
        ApiError: A write was refused; the others are tried again at the next tick.
    """
    outdated = entry.applied_generation != entry.generation
    if not entry.outdated and not _any_drifted(store, entry):
        return  # Nothing is built for the thousands of services that are as they should be.
    wiring = entry.holdings.wiring
    wanted = children(service, pod_monitors=monitors, wiring=wiring)
    for manifest in wanted:
        changed = entry.built.get(_key(manifest)) != _digest(manifest)
        if outdated or changed or _drifted(store, entry, manifest):
            await _apply(client, store, entry, manifest, service)
    if outdated:
        await _delete_others(client, store, entry, service, wanted)
    entry.applied_generation, entry.applied_wiring = entry.generation, wiring


async def apply_autoscaler(
    client: ClusterClient,
    store: Store,
    entry: Entry,
    service: ScalableService,
    floor: int,
    ceiling: int | None,
    *,
    paused: bool,
    spec_too: bool,
) -> None:
    """Apply the HPA if its floor, its spec or its live state is not as it should be.

    Args:
        client: To write with.
        store: What is known of the live HPA.
        entry: The service's memory; updated.
        service: The service.
        floor: Replicas of the decision.
        ceiling: Replicas that may run, where that is fewer than `maxReplicas`.
        paused: The HPA is to leave the replicas to a person.
        spec_too: Time is left for more than the floor.

    Raises:
        ApiError: The write was refused.
    """
    wanted = steered_minimum(service, floor, paused=paused, ceiling=ceiling)
    hpa = next(store.hpas_of(service.metadata.namespace, service.target_name), None)
    behind = hpa is None or hpa.min_replicas != wanted
    mark = f"{entry.generation}/{paused}/{ceiling}"
    key = (HPA_KIND, service.metadata.namespace, service.metadata.name)
    outdated = entry.autoscaler_mark != mark or _differs(store, entry, key)
    if behind or (spec_too and outdated):
        manifest = autoscaler(service, floor, paused=paused, ceiling=ceiling)
        await _apply(client, store, entry, manifest, service)
        entry.autoscaler_mark = mark


def _key(manifest: Manifest) -> ChildKey:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata["namespace"], metadata["name"]


def _digest(manifest: Manifest) -> str:
    text = json.dumps(manifest, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _any_drifted(store: Store, entry: Entry) -> bool:
    return any(_differs(store, entry, key) for key in entry.applied if key[0] != HPA_KIND)


def _drifted(store: Store, entry: Entry, manifest: Manifest) -> bool:
    return _differs(store, entry, _key(manifest))


def _differs(store: Store, entry: Entry, key: ChildKey) -> bool:
    """Whether the live object is not what the last apply left; the unwatched never differ."""
    if key[0] in UNWATCHED:
        return False
    live = store.children.get(key)
    return live is None or live.fingerprint != entry.applied.get(key)


async def _apply(
    client: ClusterClient, store: Store, entry: Entry, manifest: Manifest, service: ScalableService
) -> None:
    key = _key(manifest)
    scaled = manifest["kind"] == "Deployment" and "replicas" not in manifest["spec"]
    if scaled and key not in store.children:
        replicas = initial_replicas(service, entry.holdings.wiring)
        await client.create(_with_replicas(manifest, replicas))
    applied = await client.apply(manifest)
    store.put_child(manifest["kind"], applied)
    entry.applied[key] = store.children[key].fingerprint
    entry.built[key] = _digest(manifest)


async def _delete_others(
    client: ClusterClient,
    store: Store,
    entry: Entry,
    service: ScalableService,
    wanted: list[Manifest],
) -> None:
    """Delete the pooler or cache of a former spec: it would go on to hold connections."""
    keys = {_key(manifest) for manifest in wanted}
    for kind, name in optional_children(service):
        key = (kind, service.metadata.namespace, name)
        live = store.children.get(key)
        if key not in keys and live is not None and live.service == service.metadata.name:
            await client.delete(KINDS[kind], service.metadata.namespace, name)
            store.forget_child(*key)
            entry.applied.pop(key, None)


def _with_replicas(manifest: Manifest, replicas: int) -> Manifest:
    """The one time that `spec.replicas` is written with the rest: at creation."""
    return {**manifest, "spec": {**manifest["spec"], "replicas": replicas}}
