"""Apply children that are missing, outdated or drifted, and delete what is wanted no more."""

import hashlib
import json

from bytebridge.api.service import ScalableService
from bytebridge.cluster.client import SCALE_MANAGER, ClusterClient, Manifest, subject_of
from bytebridge.cluster.errors import ApiError
from bytebridge.cluster.kinds import KINDS
from bytebridge.controller.projection import child_view
from bytebridge.controller.routes import ChildKey
from bytebridge.controller.store import Entry, Store
from bytebridge.resources.autoscaler import autoscaler, steered_minimum
from bytebridge.resources.children import children, optional_children
from bytebridge.resources.deployment import initial_replicas

HPA_KIND = "HorizontalPodAutoscaler"


async def apply_children(
    client: ClusterClient, store: Store, entry: Entry, service: ScalableService, monitors: bool
) -> None:
    """Apply the children whose live state differs from what the last apply left.

    Raises:
        ApiError: A write was refused; the others are tried again at the next tick.
    """
    if not entry.outdated and not _any_drifted(store, entry):
        return  # Nothing is built for the thousands of services that are as they should be.
    wiring = entry.holdings.wiring
    wanted = children(service, pod_monitors=monitors, wiring=wiring)
    for manifest in wanted:
        key = child_key(manifest)
        if entry.built.get(key) != digest(manifest) or _differs(store, entry, key):
            await _apply(client, store, entry, manifest, service)
    generation = service.metadata.generation  # The entry's own may have moved on meanwhile.
    if entry.applied_generation != generation:
        await _delete_others(client, store, entry, service, wanted)
    entry.applied_generation, entry.applied_wiring = generation, wiring


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
    mark = f"{service.metadata.generation}/{paused}/{ceiling}"
    key = (HPA_KIND, service.metadata.namespace, service.metadata.name)
    outdated = entry.autoscaler_mark != mark or _differs(store, entry, key)
    if behind or (spec_too and outdated):
        manifest = autoscaler(service, floor, paused=paused, ceiling=ceiling)
        await _apply(client, store, entry, manifest, service)
        entry.autoscaler_mark = mark


def child_key(manifest: Manifest) -> ChildKey:
    """Kind, namespace and name of an object."""
    metadata = manifest["metadata"]
    return manifest["kind"], metadata["namespace"], metadata["name"]


def digest(manifest: Manifest) -> str:
    """What an object is built as, in short."""
    text = json.dumps(manifest, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _any_drifted(store: Store, entry: Entry) -> bool:
    return any(_differs(store, entry, key) for key in entry.applied if key[0] != HPA_KIND)


def _differs(store: Store, entry: Entry, key: ChildKey) -> bool:
    """Whether the live object is not what the last apply left."""
    live = store.children.get(key)
    return live is None or live.fingerprint != entry.applied.get(key)


async def _apply(
    client: ClusterClient, store: Store, entry: Entry, manifest: Manifest, service: ScalableService
) -> None:
    key = child_key(manifest)
    made = key not in store.children
    await refuse_foreign(client, store, service, key)
    scaled = manifest["kind"] == "Deployment" and "replicas" not in manifest["spec"]
    if made and scaled:
        await _create_scaled(client, manifest, initial_replicas(service, entry.holdings.wiring))
    applied = await client.apply(manifest)
    store.put_child(manifest["kind"], applied)
    entry.applied[key] = store.children[key].fingerprint
    entry.built[key] = digest(manifest)


async def refuse_foreign(
    client: ClusterClient, store: Store, service: ScalableService, key: ChildKey
) -> None:
    """Leave alone what bears a child's name and is not this service's.

    Server-side apply by force would take it over, and the garbage collector delete it later.

    Raises:
        ApiError: There is such an object.
    """
    kind, namespace, name = key
    live = store.children.get(key)
    if live is None:
        found = await client.find(KINDS[kind], namespace, name)
        live = child_view(kind, found) if found else None
    if live is not None and live.service != service.metadata.name:
        subject = subject_of(KINDS[kind], namespace, name)
        raise ApiError(409, subject, "exists and is not this service's: rename one of them")


async def _create_scaled(client: ClusterClient, manifest: Manifest, replicas: int) -> None:
    """Create a Deployment whose replicas are not the operator's to list.

    Replicas get a field manager of their own before an apply that does not list them: that apply
    would set them to 1 otherwise. Source: Kubernetes, Server-Side Apply, transferring ownership.
    """
    count = {"replicas": replicas}
    await client.apply({**manifest, "spec": {**manifest["spec"], **count}})
    bare = {key: manifest[key] for key in ("apiVersion", "kind")}
    named = {key: manifest["metadata"][key] for key in ("namespace", "name")}
    await client.apply({**bare, "metadata": named, "spec": count}, manager=SCALE_MANAGER)


async def _delete_others(
    client: ClusterClient,
    store: Store,
    entry: Entry,
    service: ScalableService,
    wanted: list[Manifest],
) -> None:
    """Delete the pooler or cache of a former spec: it would go on to hold connections."""
    keys = {child_key(manifest) for manifest in wanted}
    for kind, name in optional_children(service):
        key = (kind, service.metadata.namespace, name)
        live = store.children.get(key)
        if key not in keys and live is not None and live.service == service.metadata.name:
            await client.delete(KINDS[kind], service.metadata.namespace, name)
            store.forget_child(*key)
            entry.applied.pop(key, None)
            entry.built.pop(key, None)
