"""What one decision costs, beside the formula of the HPA."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from random import Random

from bytebridge.api.service import ScalableService
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.scaling.policy import Policy, compile_policy
from bytebridge.scaling.state import State

TICK_SECONDS = 5.0
WARM_TICKS = 36
"""Three minutes: then windows, history and what is learned are full, and a decision costs more."""
SURGING_SHARE = 0.05
"""Services amid a surge, with a backlog and pods that start."""


@dataclass(frozen=True, slots=True)
class DecisionCost:
    """Microseconds a decision, means over all services and ticks."""

    services: int
    ticks: int
    law_microseconds: float
    formula_microseconds: float
    """`ceil(replicas x utilization / target)`, computed in the same loop."""


def measure_package(folder: Path, services: int) -> DecisionCost:
    """Measure the package that a folder holds, compiled or not, in a process of its own.

    Args:
        folder: To stand first on PYTHONPATH.
        services: How many to decide for.
    """
    result = subprocess.run(
        [sys.executable, "-m", __spec__.name, str(services)],
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return DecisionCost(**json.loads(result.stdout))


def measure(services: int, ticks: int = 10) -> DecisionCost:
    """Decide for many services as the operator does, tick by tick."""
    policy = compile_policy(_service(), TICK_SECONDS)
    states = [State() for _ in range(services)]
    random = Random(1)  # noqa: S311 - figures of a benchmark, not secrets
    rates = [random.uniform(1, 2000) for _ in range(services)]
    law = formula = 0.0
    for tick in range(WARM_TICKS + ticks):
        seen = [_observation(tick, rate, random) for rate in rates]
        spent = _timed(lambda seen=seen: _decide_all(policy, states, seen))  # type: ignore[misc]
        plain = _timed(lambda seen=seen: _formula_all(policy, seen))  # type: ignore[misc]
        if tick >= WARM_TICKS:
            law, formula = law + spent, formula + plain
    calls = services * ticks
    return DecisionCost(services, ticks, law / calls * 1e6, formula / calls * 1e6)


def _service() -> ScalableService:
    return ScalableService.model_validate(
        {
            "metadata": {"name": "bench"},
            "spec": {
                "template": {"spec": {"containers": [{"name": "app"}]}},
                "scaling": {
                    "minReplicas": 1,
                    "maxReplicas": 200,
                    "objective": {"latencyMilliseconds": 200},
                },
            },
        }
    )


def _observation(tick: int, rate: float, random: Random) -> Observation:
    surging = random.random() < SURGING_SHARE
    slots_busy = rate * 0.06
    ready = max(1, ceil(slots_busy / 4 / 0.8))
    noise = random.gauss(1, 0.02)
    return Observation(
        time=tick * TICK_SECONDS,
        readings=Readings(
            requests_per_second={5.0: rate * noise * (3 if surging else 1), 15.0: rate, 60.0: rate},
            queue_depth=rate * 5 if surging else 0.0,
            in_flight=slots_busy,
            latency_p95_seconds=0.14,
            latency_mean_seconds=0.07,
            service_seconds=0.06,
            cpu_utilization=0.8,
            coverage=1.0,
        ),
        replicas=Replicas(ready + (5 if surging else 0), ready, 5 if surging else 0),
    )


def _decide_all(policy: Policy, states: Sequence[State], seen: Sequence[Observation]) -> None:
    for state, observation in zip(states, seen, strict=True):
        decide(policy, state, observation)


def _formula_all(policy: Policy, seen: Sequence[Observation]) -> None:
    for observation in seen:
        busy = observation.readings.cpu_utilization or 0.0
        ceil(observation.replicas.ready * busy / policy.target_utilization)


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(measure(int(sys.argv[1])))))
