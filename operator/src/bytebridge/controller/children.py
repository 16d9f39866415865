"""Apply children that are missing, outdated or drifted; nothing else."""

from bytebridge.api.service import ScalableService
from bytebridge.cluster.client import ClusterClient, Manifest
from bytebridge.controller.store import ChildKey, Entry, Store
from bytebridge.resources.autoscaler import autoscaler, steered_minimum
from bytebridge.resources.children import children
from bytebridge.resources.deployment import initial_replicas

HPA_KIND = "HorizontalPodAutoscaler"


async def apply_children(
    client: ClusterClient, store: Store, entry: Entry, service: ScalableService, monitors: bool
) -> None:
    """Apply the children whose live state differs from what the last apply left.

    Raises:
        ApiError: A write was refused; the others are tried again at the next tick.
    """
    outdated = entry.outdated
    if not outdated and not _any_drifted(store, entry):
        return  # Nothing is built for the thousands of services that are as they should be.
    for manifest in children(service, pod_monitors=monitors):
        if outdated or _drifted(store, entry, manifest):
            await _apply(client, store, entry, manifest, service)
    entry.applied_generation = entry.generation


async def apply_autoscaler(
    client: ClusterClient,
    store: Store,
    entry: Entry,
    service: ScalableService,
    floor: int,
    *,
    paused: bool,
) -> None:
    """Apply the HPA if its floor, its spec or its live state is not as it should be.

    Raises:
        ApiError: The write was refused.
    """
    wanted = steered_minimum(service, floor, paused=paused)
    hpa = next(store.hpas_of(service.metadata.namespace, service.target_name), None)
    behind = hpa is None or hpa.min_replicas != wanted
    mark = f"{entry.generation}/{paused}"
    key = (HPA_KIND, service.metadata.namespace, service.metadata.name)
    if behind or entry.autoscaler_mark != mark or _differs(store, entry, key):
        manifest = autoscaler(service, floor, paused=paused)
        await _apply(client, store, entry, manifest, service)
        entry.autoscaler_mark = mark


def _key(manifest: Manifest) -> ChildKey:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata["namespace"], metadata["name"]


def _any_drifted(store: Store, entry: Entry) -> bool:
    return any(_differs(store, entry, key) for key in entry.applied if key[0] != HPA_KIND)


def _drifted(store: Store, entry: Entry, manifest: Manifest) -> bool:
    return _differs(store, entry, _key(manifest))


def _differs(store: Store, entry: Entry, key: ChildKey) -> bool:
    """Whether the live object is not what the last apply left. PodMonitors are not watched."""
    if key[0] == "PodMonitor":
        return False
    live = store.children.get(key)
    return live is None or live.fingerprint != entry.applied.get(key)


async def _apply(
    client: ClusterClient, store: Store, entry: Entry, manifest: Manifest, service: ScalableService
) -> None:
    if manifest["kind"] == "Deployment" and _key(manifest) not in store.children:
        await client.create(_with_replicas(manifest, initial_replicas(service)))
    applied = await client.apply(manifest)
    store.put_child(manifest["kind"], applied)
    entry.applied[_key(manifest)] = store.children[_key(manifest)].fingerprint


def _with_replicas(manifest: Manifest, replicas: int) -> Manifest:
    """The one time that `spec.replicas` is written with the rest: at creation."""
    return {**manifest, "spec": {**manifest["spec"], "replicas": replicas}}
