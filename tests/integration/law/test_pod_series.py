"""The law on series that begin and end with pods, as a Prometheus in a cluster has them.

Bounds are what was measured with some room.
"""

import json
from collections.abc import Callable
from math import inf

import pytest

from bytebridge.api.service import ScalableService
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.law import decide
from bytebridge.scaling.policy import compile_policy
from bytebridge.scaling.reason import Reason
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
    Exports,
    Line,
    PodSimulation,
    at_random,
    least_busy,
)

SECONDS = 720


def surge(ramp: float) -> Callable[[float], float]:
    """From 100 to 1,000 requests a second after 300 s, and as long as the run is."""
    return lambda second: 100 + 900 * min(1.0, max(0.0, (second - 300) / max(ramp, 1e-9)))


def two_surges(second: float) -> float:
    """To six times as much, and after a pause to fifteen times."""
    if 300 <= second < 700:
        return 600
    return 100 if second < 1_200 else 1_500


def decisions(
    rate: Callable[[float], float],
    balancer: Balancer,
    *,
    seconds: int = SECONDS,
    seed: int = 1,
    exports: Exports = Exports.WAITING,
    slots: int | None = SLOTS,
    database_slots: float = inf,
) -> tuple[float, float, list[Decision]]:
    """Share over the objective, replica-hours, and all decisions."""
    spec = {
        "template": {"spec": {"containers": []}},
        "scaling": {
            "minReplicas": LEAST,
            "maxReplicas": MOST,
            "concurrencyPerReplica": slots,
            "startupSeconds": round(STARTUP_SECONDS),
            "objective": {"latencyMilliseconds": round(1_000 * OBJECTIVE_SECONDS)},
        },
        "metrics": {"preset": "vllm" if exports is Exports.WAITING else "fastapi"},
    }
    service = ScalableService.model_validate({"metadata": {"name": "nlp"}, "spec": spec})
    policy, state, made = compile_policy(service, PERIOD), State(), list[Decision]()

    def asked(line: Line) -> int:
        made.append(decide(policy, state, parse_observation(json.dumps(line))))
        return made[-1].replicas

    simulation = PodSimulation(
        rate, seconds, balancer, seed=seed, exports=exports, database_slots=database_slots
    )
    outcome = simulation.run(asked)
    return outcome.over, outcome.replica_hours, made


@pytest.mark.parametrize(
    ("ramp", "balancer", "over", "hours"),
    [
        pytest.param(0, least_busy, 0.105, 6.4, id="a step"),
        pytest.param(0, at_random, 0.13, 9.6, id="a step, balanced at random"),
        pytest.param(180, least_busy, 0.055, 5.0, id="a ramp"),
        pytest.param(60, at_random, 0.1, 9.0, id="a ramp, balanced at random"),
    ],
)
def test_a_surge(ramp: float, balancer: Balancer, over: float, hours: float) -> None:
    late, replica_hours, made = decisions(surge(ramp), balancer)
    assert late <= over
    assert replica_hours <= hours
    dispersion = max(decision.signals["dispersion"] or 0.0 for decision in made)
    assert dispersion < 20, "arrivals are Poisson, whatever gives up in a queue"


@pytest.mark.parametrize("slots", [pytest.param(SLOTS, id="given"), pytest.param(None, id="not")])
def test_lines_that_stay_at_the_pods_of_before_are_no_bottleneck(slots: int | None) -> None:
    """New pods have little to do behind a balancer that does not look, and serve little more."""
    late, hours, made = decisions(
        two_surges, at_random, seconds=1_500, seed=3, exports=Exports.IN_PROGRESS, slots=slots
    )
    assert not any(decision.reason is Reason.BOTTLENECK_ELSEWHERE for decision in made)
    assert late <= 0.21
    assert hours <= 15


@pytest.mark.parametrize("slots", [pytest.param(SLOTS, id="given"), pytest.param(None, id="not")])
@pytest.mark.parametrize("balancer", [at_random, least_busy])
def test_what_pods_share_stays_known_as_what_limits(balancer: Balancer, slots: int | None) -> None:
    """24 replicas fill the database, and the load is a fourth more than it serves."""
    _, _, made = decisions(
        surge(0), balancer, exports=Exports.IN_PROGRESS, slots=slots, database_slots=24 * SLOTS
    )
    found = next(n for n, d in enumerate(made) if d.reason is Reason.BOTTLENECK_ELSEWHERE)
    assert made[found].time <= 300 + STARTUP_SECONDS + 60
    settled = made[found + 3 :]
    assert max(decision.replicas for decision in settled) <= 24 * 2
