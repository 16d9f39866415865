"""The law on servers that generate text, whose batches grow with the load.

Bounds are what was measured with some room.
"""

import json
from collections.abc import Callable
from math import inf
from typing import Any

import pytest

from bytebridge.api.service import ScalableService
from bytebridge.scaling.law import decide
from bytebridge.scaling.policy import compile_policy
from bytebridge.scaling.state import State
from bytebridge.scaling.wire import parse_observation
from support.batching_servers import PERIOD, BatchingFleet

STARTUP_SECONDS = 60.0
FIRST_TOKENS: dict[str, Any] = {"objective": {"timeToFirstTokenMilliseconds": 500}}
TOKENS: dict[str, Any] = FIRST_TOKENS | {"tokens": {"perSecondPerReplica": 10_000}}
LATENCY: dict[str, Any] = {"objective": {"latencyMilliseconds": 8_000}}


def steady(_: float) -> float:
    return 3.0


def step(second: float) -> float:
    """From three requests a second to thirty after 10 minutes, for 10 minutes."""
    return 30.0 if 600 <= second < 1_200 else 3.0


def run(rate: Callable[[float], float], scaling: dict[str, Any], seed: int) -> dict[str, float]:
    """What half an hour costs, how many first tokens are late, and the most replicas."""
    spec = {
        "template": {"spec": {"containers": []}},
        "scaling": {
            "minReplicas": 1,
            "maxReplicas": 30,
            "scaleDown": {"holdSeconds": 300},
            **scaling,
        },
        "metrics": {"preset": "vllm"},
    }
    service = ScalableService.model_validate({"metadata": {"name": "chat"}, "spec": spec})
    policy, state = compile_policy(service, PERIOD), State()
    fleet = BatchingFleet(rate, 30.0, STARTUP_SECONDS, replicas=1, seed=seed)
    most = 0
    while fleet.time < 1_800:
        fleet.advance()
        observation = parse_observation(json.dumps(fleet.observation()))
        replicas = decide(policy, state, observation).replicas
        fleet.scale(replicas)
        most = max(most, replicas)
    late = [seconds > 0.5 for _, seconds in fleet.first_tokens]
    return {
        "hours": fleet.replica_seconds / 3_600,
        "late": sum(late) / len(late),
        "most": most,
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("rate", "scaling", "hours", "late", "most"),
    [
        pytest.param(steady, FIRST_TOKENS, 1.2, 0.01, 8, id="a load that one server does"),
        pytest.param(step, FIRST_TOKENS, 2.2, 0.14, inf, id="a step: first tokens"),
        pytest.param(step, TOKENS, 2.4, 0.095, inf, id="a step: first tokens and tokens"),
        pytest.param(step, LATENCY, 6.0, 0.12, inf, id="a step: latency"),
    ],
)
def test_what_it_costs(
    rate: Callable[[float], float],
    scaling: dict[str, Any],
    hours: float,
    late: float,
    most: float,
    seed: int,
) -> None:
    """A replica-hour and a half are the least for the step: four servers for ten minutes."""
    found = run(rate, scaling, seed)
    assert found["hours"] <= hours
    assert found["late"] <= late
    assert found["most"] <= most
