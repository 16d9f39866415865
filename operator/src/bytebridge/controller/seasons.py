"""Seasons learned from what Prometheus has recorded, beside the ticks.

Two days pass before a season is believed; an operator that was replaced meanwhile, or has just been
installed, has seen none of them, but Prometheus has.
"""

import asyncio
from collections.abc import Callable

import structlog

from bytebridge.controller.store import Key, Store
from bytebridge.scaling.seasonal import DAY_SECONDS, longer_memory, recalled_seasons
from bytebridge.signals.past import HistoryError, Past
from bytebridge.signals.queries import Query, SignalTarget
from bytebridge.signals.recorded_rates import asked_of_the_past, read_past_rates

log = structlog.get_logger()

LOOK_SECONDS = 10.0
"""Between two looks for services whose past has not been read."""
RETRY_SECONDS = 60.0
"""After Prometheus has not answered."""
REST = 4.0
"""Times as long as a request took: the past keeps Prometheus busy for a fifth of the time."""

Pending = dict[Query, dict[Key, SignalTarget]]


async def recall_seasons(
    store: Store, past: Past, leads: Callable[[], bool], monotonic: Callable[[], float]
) -> None:
    """Read the past of each service once, until cancelled.

    Args:
        store: Of the services; their seasons are learned.
        past: Of Prometheus, for one request at a time.
        leads: Whether this operator decides.
        monotonic: The clock of the decisions.
    """
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            if leads() and (pending := pending_queries(store)):
                await recall(store, past, pending, leads, monotonic)
        except HistoryError as error:
            log.warning("the past is not known", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)


def pending_queries(store: Store) -> Pending:
    """What tells the past of those services of which it has not been read."""
    pending: Pending = {}
    for key, entry in store.services.items():
        if entry.past_read or entry.service is None or entry.policy is None:
            continue
        asked = asked_of_the_past(entry.service, entry.policy)
        if asked is not None:
            query, target = asked
            pending.setdefault(query, {})[key] = target
    return pending


async def recall(
    store: Store,
    past: Past,
    pending: Pending,
    leads: Callable[[], bool],
    monotonic: Callable[[], float],
) -> None:
    """Read the past of these services, and give each its seasons, as long as this operator leads.

    Raises:
        HistoryError: Prometheus does not answer.
    """
    offset = await past.now() - monotonic()
    explained = 0
    for query, targets in pending.items():
        if not leads():
            return
        entries = {key: store.services[key] for key in targets if key in store.services}
        began = monotonic()
        shared = query.custom and query.for_service is None
        series = len(store.services) if shared else 1
        try:
            rates = await read_past_rates(past, query, [*targets.values()], began, offset, series)
        except ValueError as error:
            log.warning("the past is not told", query=query.text, error=str(error))
            rates = {}
        for key, entry in entries.items():
            recalled = recalled_seasons(rates.get(key, ()), DAY_SECONDS)
            entry.state.seasons = longer_memory(entry.state.seasons, recalled)
            entry.past_read = True
            explained += entry.state.seasons.trusted is not None
        await asyncio.sleep(REST * (monotonic() - began))
    services = sum(map(len, pending.values()))
    log.info("the past was read", services=services, with_season=explained)
