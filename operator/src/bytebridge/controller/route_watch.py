"""A look at Ingresses and HTTPRoutes now and then: they change seldom, and some may not be there.

A watch would need kinds that are known at the start; the Gateway API may be installed later.
"""

import asyncio

import structlog

from bytebridge.cluster.client import ClusterClient
from bytebridge.cluster.errors import ApiError
from bytebridge.cluster.kinds import KINDS, Kind
from bytebridge.controller.listing import Scopes
from bytebridge.controller.store import Store, Unserved
from bytebridge.resources.exposure.children import EXPOSURE_KINDS, exposure_kinds

log = structlog.get_logger()

LOOK_SECONDS = 15.0


async def look_at_all_routes(store: Store, client: ClusterClient, scopes: Scopes) -> None:
    """List all kinds once, with what former specs have left behind.

    One that cannot be listed, as a CRD that is being installed, keeps no operator from starting.
    """
    for name in EXPOSURE_KINDS:
        store.unserved[name] = Unserved.UNSEEN
    await _look_at(store, client, scopes, set(EXPOSURE_KINDS))


async def watch_routes(store: Store, client: ClusterClient, scopes: Scopes) -> None:
    """List the kinds that are in use now and then, until cancelled."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await _look_at(store, client, scopes, _in_use(store))


def _in_use(store: Store) -> set[str]:
    """Kinds that a spec asks for, that are there, or of which nothing is known yet."""
    used = {kind for kind, _, _ in store.routes}
    used |= {kind for kind, why in store.unserved.items() if why is Unserved.UNSEEN}
    for entry in store.services.values():
        if entry.service is not None and entry.service.spec.exposure is not None:
            used.update(exposure_kinds(entry.service.spec.exposure))
    return used


async def _look_at(store: Store, client: ClusterClient, scopes: Scopes, kinds: set[str]) -> None:
    for name in sorted(kinds):
        try:
            await _look(store, client, scopes, KINDS[name])
        except ApiError as error:
            log.warning("not listed", kind=name, error=str(error))


async def _look(store: Store, client: ClusterClient, scopes: Scopes, kind: Kind) -> None:
    before = store.known(kind.name)
    try:
        bodies = [body for scope in scopes for body in await client.list_labelled(kind, scope)]
    except ApiError as error:
        if error.not_found:
            store.unserved[kind.name] = Unserved.MISSING
        elif error.forbidden:
            store.unserved[kind.name] = Unserved.FORBIDDEN
        else:
            raise
        bodies = []
    else:
        store.unserved.pop(kind.name, None)
    now, listed = store.known(kind.name), set[tuple[str, str]]()
    for body in bodies:
        key = (body["metadata"]["namespace"], body["metadata"]["name"])
        listed.add(key)
        if now.get(key) is before.get(key):  # What was applied since then is newer.
            store.put_route(kind.name, body)
    store.forget_deleted(kind.name, before, listed)
