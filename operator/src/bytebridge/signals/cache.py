"""How the cache does, and what of the load it takes from the models.

Source of the names: oliver006/redis_exporter (README; INFO's keyspace_hits, keyspace_misses and
evicted_keys).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bytebridge.api.cache import RedisMode
from bytebridge.api.names import SERVICE_SERIES_LABEL
from bytebridge.api.service import ScalableService
from bytebridge.scaling.observation import Readings, Replicas
from bytebridge.signals.dealing import Vector, only_value

WINDOW_SECONDS: Final = 60
GROWN: Final = 2.0
"""Times the replicas from which a fallen hit ratio is put down to their number."""
FALLEN: Final = 0.8
"""Share of the former hit ratio below which it has fallen."""
ADVICE_SECONDS: Final = 300.0
"""For so long, as a cache that has just started is cold in any mode."""


@dataclass(frozen=True, slots=True)
class CacheSignals:
    """What was measured; `None` is unknown."""

    hit_ratio: float | None = None
    """0 to 1."""
    evictions_per_second: float | None = None


@dataclass(slots=True)
class CacheMemory:
    """Memory of one service's cache."""

    signals: CacheSignals = CacheSignals()
    usual_ratio: float | None = None
    usual_replicas: int = 0
    fallen_since: float | None = None
    advised: bool = False


def cache_queries(service: ScalableService) -> tuple[str, str] | None:
    """Texts of the hit ratio and of the evictions; `None`: nothing exports them."""
    redis = service.spec.cache.redis
    if redis is None or redis.exporter is None or redis.mode is RedisMode.EXTERNAL:
        return None
    namespace, name = service.metadata.namespace, service.metadata.name
    own = f'{{namespace="{namespace}",{SERVICE_SERIES_LABEL}="{name}"}}[{WINDOW_SECONDS}s]'
    hits, misses = (f"sum(rate(redis_keyspace_{what}_total{own}))" for what in ("hits", "misses"))
    return f"{hits} / ({hits} + {misses})", f"sum(rate(redis_evicted_keys_total{own}))"


def cache_signals(texts: tuple[str, str], answers: Mapping[str, Vector]) -> CacheSignals:
    """Deal the answers; NaN, as of a cache that nobody asks, is unknown."""
    ratio, evictions = (only_value(answers.get(text, [])) for text in texts)
    return CacheSignals(None if ratio is None else min(1.0, ratio), evictions)


def behind_cache(
    service: ScalableService, readings: Readings, cache: CacheSignals, replicas: Replicas
) -> Readings:
    """The readings as the models see them: requests times the share of misses.

    Only where `countedBeforeCache` says that hits are in the rate and not in the service time.
    An unknown hit ratio takes nothing off. Sidecars of pods that are still to come are cold, so
    they are counted as if they had no hits at all.
    """
    redis = service.spec.cache.redis
    if redis is None or not redis.counted_before_cache or cache.hit_ratio is None:
        return readings
    warm = 1.0
    if redis.mode is RedisMode.SIDECAR and replicas.desired > 0:
        warm = min(1.0, replicas.ready / replicas.desired)
    misses = 1.0 - cache.hit_ratio * warm
    rates = {window: rate * misses for window, rate in readings.requests_per_second.items()}
    return replace(readings, requests_per_second=rates)


def advise(
    memory: CacheMemory, mode: RedisMode, cache: CacheSignals, ready: int, time: float
) -> str | None:
    """The advice that sidecars have become too many, once; `None`: none."""
    ratio = cache.hit_ratio
    if mode is not RedisMode.SIDECAR or ratio is None or ready == 0:
        return None
    usual = memory.usual_ratio
    if usual is None or ready < GROWN * memory.usual_replicas:
        memory.fallen_since = None
        if usual is None or ready <= memory.usual_replicas or ratio > usual:
            memory.usual_ratio, memory.usual_replicas = ratio, ready
        return None
    if ratio >= FALLEN * usual:
        memory.fallen_since = None
        return None
    memory.fallen_since = time if memory.fallen_since is None else memory.fallen_since
    if memory.advised or time - memory.fallen_since < ADVICE_SECONDS:
        return None
    memory.advised = True
    return (
        f"the sidecars' hit ratio fell from {usual:.0%} with {memory.usual_replicas} replicas to "
        f"{ratio:.0%} with {ready}: each has a part of the requests and misses what the others "
        "know; consider cache.redis.mode Shared or External"
    )
