"""What watches do not tell: everything before the first of them, and deletions they missed."""

import asyncio

import structlog

from bytebridge.cluster.client import ClusterClient
from bytebridge.cluster.errors import ApiError
from bytebridge.cluster.kinds import (
    DATABASE_BUDGET,
    DEPLOYMENT,
    HPA,
    LISTED_KINDS,
    PDB,
    POD_MONITOR,
    SCALABLE_SERVICE,
    SERVICE,
    Kind,
)
from bytebridge.controller.store import Store

log = structlog.get_logger()

CHILD_KINDS = (DEPLOYMENT, HPA, SERVICE, PDB)
RELIST_SECONDS = 300.0

Scopes = tuple[str | None, ...]
"""Namespaces; `(None,)` stands for all of them."""


def scopes_of(namespaces: tuple[str, ...]) -> Scopes:
    """What to list for an operator that watches these namespaces; none means all."""
    return namespaces or (None,)


def _listed(*, monitors: bool) -> tuple[Kind, ...]:
    return tuple(kind for kind in LISTED_KINDS if monitors or kind != POD_MONITOR)


async def fill(
    store: Store, client: ClusterClient, scopes: Scopes, *, budgets: bool, monitors: bool
) -> None:
    """List everything once before the first decision, so that none is made on half a picture.

    Args:
        store: Where everything goes.
        client: Of the cluster.
        scopes: What to list.
        budgets: The cluster knows DatabaseBudgets, and this operator may see them.
        monitors: The cluster knows PodMonitors.
    """
    for body in await client.list_all(DATABASE_BUDGET, None) if budgets else ():
        store.put_budget(body)
    for scope in scopes:
        for kind in CHILD_KINDS:
            for body in await client.list_all(kind, scope):
                store.put_child(kind.name, body)
        for kind in _listed(monitors=monitors):
            for body in await client.list_children(kind, scope):
                store.put_child(kind.name, body)
        for body in await client.list_all(SCALABLE_SERVICE, scope):
            store.put_service(body)


async def begin_anew(store: Store, client: ClusterClient, scopes: Scopes, *, budgets: bool) -> None:
    """Forget what this operator remembers of services, and go on from what another has left.

    Their statuses keep what must outlive an operator: decisions, grants, what was learned.

    Raises:
        ApiError: The API server refused, or did not answer; nothing is forgotten.
    """
    shared = await client.list_all(DATABASE_BUDGET, None) if budgets else []
    bodies = [b for scope in scopes for b in await client.list_all(SCALABLE_SERVICE, scope)]
    store.begin_anew(bodies, shared)


async def forget_deleted(
    store: Store, client: ClusterClient, scopes: Scopes, *, monitors: bool
) -> int:
    """Forget what exists no more, and return how many objects that were.

    A deletion while a watch is interrupted for long ("410 Gone") is reported by nobody, nor is
    that of a kind that is not watched.
    """
    gone = 0
    for kind in (*CHILD_KINDS, SCALABLE_SERVICE):
        before = store.known(kind.name)
        listed = set[tuple[str, str]]()
        for scope in scopes:
            listed |= await client.list_keys(kind, scope)
        gone += store.forget_deleted(kind.name, before, listed)
    for kind in _listed(monitors=monitors):
        before = store.known(kind.name)
        bodies = [body for scope in scopes for body in await client.list_children(kind, scope)]
        listed = {(b["metadata"]["namespace"], b["metadata"]["name"]) for b in bodies}
        gone += store.forget_deleted(kind.name, before, listed)
    budgets = set(store.budgets)
    if budgets:
        listed = await client.list_keys(DATABASE_BUDGET, None)
        for name in budgets - {name for _, name in listed}:
            store.forget_budget(name)
            gone += 1
    return gone


async def relist(store: Store, client: ClusterClient, scopes: Scopes, *, monitors: bool) -> None:
    """Look for missed deletions now and then, until cancelled."""
    while True:
        await asyncio.sleep(RELIST_SECONDS)
        try:
            gone = await forget_deleted(store, client, scopes, monitors=monitors)
        except ApiError as error:
            log.warning("not listed anew", error=str(error))
        else:
            if gone:
                log.info("deletions found that no watch had told of", objects=gone)
