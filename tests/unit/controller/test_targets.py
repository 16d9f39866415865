"""What the loop asks Prometheus for."""

from typing import Any

import pytest

from bytebridge.controller.loop import DecisionLoop
from bytebridge.controller.metrics import OperatorMetrics
from unit.controller.build import (
    KEY,
    TICK_SECONDS,
    Clock,
    WillingCluster,
    service_body,
    surroundings,
)


@pytest.mark.parametrize(
    ("scaling", "asked"),
    [
        ({}, set()),
        ({"kvCache": {"targetUtilizationPercent": 80}}, {"kv_cache_utilization"}),
        ({"tokens": {}}, {"tokens_per_second"}),
        ({"objective": {"timeToFirstTokenMilliseconds": 500}}, {"first_token_seconds"}),
    ],
)
def test_signals_of_an_objective(scaling: dict[str, Any], asked: set[str]) -> None:
    around = surroundings(WillingCluster(), Clock())
    body = service_body(**scaling)
    body["spec"]["metrics"] = {"preset": "vllm"}
    around.store.put_service(body)
    nothing: Any = None
    loop = DecisionLoop(around, nothing, nothing, OperatorMetrics(), TICK_SECONDS, nothing)
    (target,) = loop._targets(around.store.services)
    assert target.key == KEY
    assert set(target.objectives) == asked
