"""The guard of the services' databases, within a tick."""

import datetime as dt
from collections.abc import Mapping

import structlog

from bytebridge.api.postgres import Postgres
from bytebridge.api.service import ScalableService
from bytebridge.budget.endpoints import endpoint
from bytebridge.budget.guard import GuardMemory, watch_lag, watch_pressure
from bytebridge.budget.limits import limits_of
from bytebridge.cluster.client import ClusterClient
from bytebridge.cluster.errors import ApiError
from bytebridge.controller.events import Occurrence, event
from bytebridge.controller.store import Entry, Key, Store
from bytebridge.resources.readers import behind_one_address
from bytebridge.signals.database import database_queries, database_signals
from bytebridge.signals.source import SignalSource

log = structlog.get_logger()


async def guard_databases(
    store: Store,
    client: ClusterClient,
    source: SignalSource,
    entries: Mapping[Key, Entry],
    monotonic: float,
    now: dt.datetime,
) -> None:
    """Ask the exporters of all databases, and remember what follows from it."""
    asked = {
        key: (entry.service, queries)
        for key, entry in entries.items()
        if entry.service is not None and (queries := database_queries(entry.service)).texts
    }
    for key in entries.keys() - asked.keys():
        _forget(entries[key])
    if not asked:
        return
    texts = {text for _, queries in asked.values() for text in queries.texts.values()}
    answers = await source.ask_each(sorted(texts))
    for key, (service, queries) in asked.items():
        entry, postgres = entries[key], service.spec.database.postgres
        if postgres is None:
            continue
        signals = database_signals(queries, answers, postgres.readers)
        deployment = store.deployments.get(key)
        if deployment is not None:
            usable = _usable(store, service, postgres)
            watch_pressure(entry.guard, monotonic, signals, usable, deployment.spec_replicas)
        if postgres.monitoring is not None:
            permitted = postgres.monitoring.max_lag_seconds
            changed = watch_lag(entry.guard, monotonic, signals, permitted)
            if changed is not None:
                await _leave_out(client, key, entry, postgres, changed, now)


def _forget(entry: Entry) -> None:
    """Of a database that is not watched any more nothing is remembered."""
    if entry.guard != GuardMemory():
        entry.guard = GuardMemory()
        entry.holdings.left_out = frozenset()


def _usable(store: Store, service: ScalableService, postgres: Postgres) -> int | None:
    of = endpoint(postgres.writer.host, postgres.writer.port, service.metadata.namespace)
    return limits_of([service], [budget.spec for budget in store.budgets.values()]).get(of)


async def _leave_out(
    client: ClusterClient,
    key: Key,
    entry: Entry,
    postgres: Postgres,
    words: str,
    now: dt.datetime,
) -> None:
    if postgres.pooler is None and not behind_one_address(postgres):
        words += (
            "; only not here, as pods would have to be restarted: add a pooler, or name the "
            "readers by their addresses"
        )
    out = entry.guard.left_out
    entry.holdings.left_out = frozenset({out} if out is not None else ())
    log.info("reader", namespace=key[0], name=key[1], message=words)
    occurrence = Occurrence("ReaderLeftOut" if out else "ReaderBack", words, warning=bool(out))
    try:
        await client.create(event(key, entry.uid, occurrence, now))
    except ApiError as error:
        log.warning("event not written", namespace=key[0], name=key[1], error=str(error))
