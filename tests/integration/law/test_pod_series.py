"""The law on series that begin and end with pods, as a Prometheus in a cluster has them.

Bounds are what was measured with some room.
"""

import json
from collections.abc import Callable

import pytest

from bytebridge.api.service import ScalableService
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.law import decide
from bytebridge.scaling.policy import compile_policy
from bytebridge.scaling.state import State
from bytebridge.scaling.wire import parse_observation
from support.pod_series import (
    LEAST,
    MOST,
    OBJECTIVE_SECONDS,
    PERIOD,
    SLOTS,
    STARTUP_SECONDS,
    Balancer,
    Line,
    PodSimulation,
    at_random,
    least_busy,
)

SECONDS = 720


def surge(ramp: float) -> Callable[[float], float]:
    """From 100 to 1,000 requests a second after 300 s, and as long as the run is."""
    return lambda second: 100 + 900 * min(1.0, max(0.0, (second - 300) / max(ramp, 1e-9)))


def decisions(
    rate: Callable[[float], float], balancer: Balancer
) -> tuple[float, float, list[Decision]]:
    """Share over the objective, replica-hours, and all decisions."""
    spec = {
        "template": {"spec": {"containers": []}},
        "scaling": {
            "minReplicas": LEAST,
            "maxReplicas": MOST,
            "concurrencyPerReplica": SLOTS,
            "startupSeconds": round(STARTUP_SECONDS),
            "objective": {"latencyMilliseconds": round(1_000 * OBJECTIVE_SECONDS)},
        },
        "metrics": {"preset": "vllm"},
    }
    service = ScalableService.model_validate({"metadata": {"name": "nlp"}, "spec": spec})
    policy, state, made = compile_policy(service, PERIOD), State(), list[Decision]()

    def asked(line: Line) -> int:
        made.append(decide(policy, state, parse_observation(json.dumps(line))))
        return made[-1].replicas

    outcome = PodSimulation(rate, SECONDS, balancer, seed=1).run(asked)
    return outcome.over, outcome.replica_hours, made


@pytest.mark.parametrize(
    ("ramp", "balancer", "over", "hours"),
    [
        pytest.param(0, least_busy, 0.105, 6.4, id="a step"),
        pytest.param(0, at_random, 0.14, 9.0, id="a step, balanced at random"),
        pytest.param(180, least_busy, 0.055, 5.0, id="a ramp"),
        pytest.param(60, at_random, 0.18, 7.3, id="a ramp, balanced at random"),
    ],
)
def test_a_surge(ramp: float, balancer: Balancer, over: float, hours: float) -> None:
    late, replica_hours, made = decisions(surge(ramp), balancer)
    assert late <= over
    assert replica_hours <= hours
    dispersion = max(decision.signals["dispersion"] or 0.0 for decision in made)
    assert dispersion < 20, "arrivals are Poisson, whatever gives up in a queue"
