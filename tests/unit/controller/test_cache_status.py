"""When the figures of a cache are worth a write."""

import pytest

from bytebridge.controller.service_pass import pass_over
from bytebridge.scaling.observation import Readings
from bytebridge.signals.cache import CacheSignals
from unit.controller.build import (
    KEY,
    Clock,
    WillingCluster,
    deployment_body,
    service_body,
    surroundings,
)


class Writes(WillingCluster):
    """Counts what is written to the status."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: list[dict[str, object]] = []

    async def patch_status(self, _namespace: str, _name: str, status: dict[str, object]) -> None:
        self.statuses.append(status)


@pytest.mark.parametrize(
    ("ratios", "written"),
    [
        ([None, None], [None]),
        ([0.5, 0.55], [0.5]),
        ([None, 0.6, 0.65], [None, 0.6]),
        ([0.5, None, 0.55], [0.5]),
        ([0.0, 0.05, 0.3, 0.35], [0.0, 0.3]),
    ],
)
async def test_what_is_told(ratios: list[float | None], written: list[float | None]) -> None:
    cluster = Writes()
    around = surroundings(cluster, Clock())
    body = service_body()
    body["spec"]["cache"] = {"redis": {"mode": "Sidecar", "memory": "32Mi"}}
    around.store.put_service(body)
    around.store.put_child("Deployment", deployment_body(2, 2))
    entry = around.store.services[KEY]
    calm = Readings(requests_per_second={15.0: 5.0, 60.0: 5.0}, queue_depth=0, service_seconds=0.06)
    await pass_over(around, KEY, entry, None, calm, None)
    cluster.statuses.clear()
    entry.status = {}
    for ratio in ratios:
        entry.cache.signals = CacheSignals(hit_ratio=ratio)
        await pass_over(around, KEY, entry, None, calm, None)
    told = [status.get("cache") for status in cluster.statuses]
    assert [cache["hitRatio"] if isinstance(cache, dict) else None for cache in told] == written
