"""Connection budgets of all services, settled before a tick's passes.

What is granted is written to the status first and used afterwards: an operator that ends in between
finds what it had promised.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import structlog

from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import Claim, claims_of
from bytebridge.budget.limits import Limits, budgeted, limits_of
from bytebridge.budget.reservations import bookings_of, limits_kept, settle_beside
from bytebridge.budget.settlement import Books, Settlement
from bytebridge.cluster.client import ClusterClient
from bytebridge.cluster.errors import ApiError
from bytebridge.controller.budget_words import blocked_words, budget_status, short_words
from bytebridge.controller.events import Occurrence, event
from bytebridge.controller.holdings import Holdings, mark_of, reservations_of, status_of
from bytebridge.controller.releases import release
from bytebridge.controller.store import Entry, Key, Store

log = structlog.get_logger()

SHRUNK: Final = "DatabasePoolsShrink"
"""Reason of the Event that pods are replaced for the sake of other services."""


async def keep_budgets(
    store: Store,
    client: ClusterClient,
    entries: Mapping[Key, Entry],
    monotonic: float,
    now: dt.datetime,
) -> None:
    """Settle who holds what; a status that cannot be written keeps its service from acting."""
    services = {
        key: entry.service
        for key, entry in sorted(entries.items(), key=lambda item: (item[1].created, item[0]))
        if entry.service is not None and (entry.holdings.grants or entry.service.spec.database.used)
    }
    if not services and not store.budgets:
        return
    reserved = [
        reservation
        for key, entry in entries.items()
        if entry.service is None
        for reservation in reservations_of(key, entry.holdings)
    ]
    budgets = [budget.spec for budget in store.budgets.values()]
    limits = limits_of(services.values(), budgets, limits_kept(reserved))
    by_service = {key: budgeted(claims_of(service), limits) for key, service in services.items()}
    claims = [claim for own in by_service.values() for claim in own]
    for key in services:
        release(store, key, entries[key], monotonic)
    settlement = settle_beside(_books(store, entries, claims, limits), reserved)
    for key in services:
        await _hold(client, key, entries[key], by_service[key], settlement, limits, now)
    holders = [*claims, *(reservation.claim for reservation in reserved)]
    await _report(store, client, holders, settlement, limits)


def _books(
    store: Store, entries: Mapping[Key, Entry], claims: list[Claim], limits: Limits
) -> Books:
    held, reopened, present = {}, set(), {}
    for claim in claims:
        key, role = (claim.key[0], claim.key[1]), claim.key[2]
        entry = entries[key]
        if role in entry.holdings.grants:
            held[claim.key] = entry.holdings.grants[role]
        if entry.service is not None and entry.holdings.mark != _mark(entry, entry.service):
            reopened.add(claim.key)
        deployment = store.deployments.get(key)
        present[claim.key] = deployment.spec_replicas if deployment else 0
    return Books(claims, limits, held, reopened, present)


def _mark(entry: Entry, service: ScalableService) -> str:
    """Worked out once a generation, as it reads the whole spec."""
    if entry.mark[0] != entry.generation:
        entry.mark = entry.generation, mark_of(service)
    return entry.mark[1]


async def _hold(
    client: ClusterClient,
    key: Key,
    entry: Entry,
    claims: list[Claim],
    settlement: Settlement,
    limits: Limits,
    now: dt.datetime,
) -> None:
    before, service = entry.holdings, entry.service
    if service is None:
        return
    grants = {
        claim.key[2]: settlement.grants[claim.key]
        for claim in claims
        if claim.key in settlement.grants
    }
    after = Holdings(
        grants=grants,
        bookings={
            claim.key[2]: bookings_of(claim, settlement.grants[claim.key], limits)
            for claim in claims
            if claim.key in settlement.grants
        },
        mark=_mark(entry, service) if claims else "",
        budgeted=bool(claims),
        blocked=blocked_words(claims, settlement, limits),
        quiet_since=before.quiet_since,
        left_out=before.left_out,
        settled=True,
    )
    after.short = short_words(service, claims, settlement, limits, after.ceiling(service))
    written = status_of(after) or (status_of(before) and {})
    try:
        if written is not None and status_of(after) != status_of(before):
            await client.patch_status(*key, {"database": written or None})
            entry.status["database"] = written or None
    except ApiError as error:
        before.blocked = ("BudgetNotWritten", str(error))
        log.warning("grant not written", namespace=key[0], name=key[1], error=str(error))
        return
    entry.holdings = after
    for claim in claims:
        if claim.key in settlement.shrunk:
            await _announce(client, key, entry, settlement.shrunk[claim.key], now)


async def _announce(
    client: ClusterClient, key: Key, entry: Entry, note: str, now: dt.datetime
) -> None:
    log.info("pools shrink", namespace=key[0], name=key[1], message=note)
    try:
        await client.create(event(key, entry.uid, Occurrence(SHRUNK, note, warning=True), now))
    except ApiError as error:
        log.warning("event not written", namespace=key[0], name=key[1], error=str(error))


async def _report(
    store: Store,
    client: ClusterClient,
    claims: list[Claim],
    settlement: Settlement,
    limits: Limits,
) -> None:
    """Write the status of every DatabaseBudget that says something else than before."""
    for name, budget in store.budgets.items():
        status: dict[str, Any] = budget_status(budget, claims, settlement, limits)
        if status == store.budget_statuses.get(name):
            continue
        try:
            await client.patch_budget_status(name, status)
        except ApiError as error:
            log.warning("budget status not written", name=name, error=str(error))
        else:
            store.budget_statuses[name] = status
