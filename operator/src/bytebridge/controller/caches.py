"""The caches' figures, within a tick."""

import datetime as dt
from collections.abc import Mapping

import structlog

from bytebridge.cluster.client import ClusterClient
from bytebridge.cluster.errors import ApiError
from bytebridge.controller.events import Occurrence, event
from bytebridge.controller.store import Entry, Key, Store
from bytebridge.signals.cache import advise, cache_queries, cache_signals
from bytebridge.signals.source import SignalSource

log = structlog.get_logger()


async def watch_caches(
    store: Store,
    client: ClusterClient,
    source: SignalSource,
    entries: Mapping[Key, Entry],
    monotonic: float,
    now: dt.datetime,
) -> None:
    """Ask the exporters of all caches, and advise where sidecars have become too many."""
    asked = {
        key: texts
        for key, entry in entries.items()
        if entry.service is not None and (texts := cache_queries(entry.service)) is not None
    }
    if not asked:
        return
    answers = await source.ask_each(sorted({text for texts in asked.values() for text in texts}))
    for key, texts in asked.items():
        entry, deployment = entries[key], store.deployments.get(key)
        entry.cache.signals = cache_signals(texts, answers)
        redis = entry.service.spec.cache.redis if entry.service else None
        if redis is None or deployment is None:
            continue
        ready = deployment.ready
        words = advise(entry.cache, redis.mode, entry.cache.signals, ready, monotonic)
        if words is None:
            continue
        try:
            await client.create(event(key, entry.uid, Occurrence("SharedCacheAdvised", words), now))
        except ApiError as error:
            log.warning("event not written", namespace=key[0], name=key[1], error=str(error))
