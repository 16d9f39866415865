"""The cache's part of the load, and the advice to share it."""

from typing import Any

import pytest
from pydantic import ValidationError

from bytebridge.api.cache import Redis, RedisMode
from bytebridge.api.service import ScalableService
from bytebridge.scaling.observation import Readings, Replicas
from bytebridge.signals.cache import (
    CacheMemory,
    CacheSignals,
    advise,
    behind_cache,
    cache_queries,
    cache_signals,
)
from unit.budget.test_claims import service

READINGS = Readings(requests_per_second={15.0: 100.0, 60.0: 80.0}, queue_depth=5)


def cached(**redis: Any) -> ScalableService:
    body = service().model_dump(by_alias=True)
    body["spec"]["cache"] = {"redis": redis}
    return ScalableService.model_validate(body)


@pytest.mark.parametrize(
    ("redis", "ratio", "replicas", "rate"),
    [
        ({"mode": "Shared", "exporter": {}}, 0.8, (4, 4), 100),  # hits are in the service time
        ({"mode": "Shared", "exporter": {}, "countedBeforeCache": True}, 0.8, (4, 4), 20),
        ({"mode": "Shared", "exporter": {}, "countedBeforeCache": True}, 0.8, (8, 4), 20),
        ({"mode": "Shared", "exporter": {}, "countedBeforeCache": True}, None, (4, 4), 100),
        ({"mode": "Sidecar", "exporter": {}, "countedBeforeCache": True}, 0.8, (4, 4), 20),
        # Half of the sidecars are still to come, and cold.
        ({"mode": "Sidecar", "exporter": {}, "countedBeforeCache": True}, 0.8, (8, 4), 60),
    ],
)
def test_what_reaches_the_models(
    redis: dict[str, Any], ratio: float | None, replicas: tuple[int, int], rate: float
) -> None:
    desired, ready = replicas
    found = behind_cache(
        cached(**redis), READINGS, CacheSignals(hit_ratio=ratio), Replicas(desired, ready)
    )
    assert found.requests_per_second[15.0] == pytest.approx(rate)
    assert found.queue_depth == 5


def test_counting_before_the_cache_needs_its_hit_ratio() -> None:
    with pytest.raises(ValidationError, match="needs the hit ratio"):
        Redis.model_validate({"countedBeforeCache": True})


def test_what_is_asked_and_dealt() -> None:
    assert cache_queries(cached(mode="Sidecar")) is None
    texts = cache_queries(cached(mode="Sidecar", exporter={}))
    assert texts is not None
    assert 'redis_keyspace_hits_total{namespace="legal",' in texts[0]
    answers = {
        texts[0]: [{"metric": {}, "value": [0, "NaN"]}],
        texts[1]: [{"metric": {}, "value": [0, "3"]}],
    }
    assert cache_signals(texts, answers) == CacheSignals(None, 3.0)


Steps = list[tuple[float, float, int]]


@pytest.mark.parametrize(
    ("steps", "advised"),
    [
        ([(0, 0.8, 4), (10, 0.5, 8), (310, 0.5, 8)], True),
        ([(0, 0.8, 4), (10, 0.5, 8), (309, 0.5, 8)], False),
        ([(0, 0.8, 4), (10, 0.5, 7), (310, 0.5, 7)], False),  # not twice the replicas
        ([(0, 0.8, 4), (10, 0.7, 8), (310, 0.7, 8)], False),  # not fallen by much
        ([(0, 0.8, 4), (10, 0.5, 8), (200, 0.7, 8), (310, 0.5, 8)], False),
    ],
)
def test_sidecars_that_are_too_many(steps: Steps, advised: bool) -> None:
    memory, found = CacheMemory(), list[str | None]()
    for time, ratio, ready in steps:
        found.append(advise(memory, RedisMode.SIDECAR, CacheSignals(ratio), ready, time))
    assert (found[-1] is not None) == advised
    assert advise(memory, RedisMode.SIDECAR, CacheSignals(0.5), 8, 999) is None or not advised
