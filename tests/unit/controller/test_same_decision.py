"""The operator and `bytebridge decide` decide alike on the same observations."""

import json
from pathlib import Path
from random import Random

import pytest
import yaml
from typer.testing import CliRunner

from bytebridge.api.names import MIN_REPLICAS_ANNOTATION
from bytebridge.cli.main import app
from bytebridge.controller.service_pass import pass_over
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.scaling.wire import write_observation
from unit.controller.build import (
    KEY,
    TICK_SECONDS,
    Clock,
    WillingCluster,
    deployment_body,
    service_body,
    surroundings,
)

TICKS = 120
EVERYTHING = {
    "objective": {"latencyMilliseconds": 200, "timeToFirstTokenMilliseconds": 500},
    "headroomPercent": 20,
    "queue": {"drainSeconds": 60},
    "kvCache": {"targetUtilizationPercent": 80},
    "tokens": {},
    "scaleUp": {"maxStepReplicas": 6, "periodSeconds": 30},
    "scaleDown": {"holdSeconds": 30, "standbySeconds": 120},
    "schedule": [
        {"name": "a", "start": "2 8 * * *", "durationMinutes": 3, "minReplicas": 15},
    ],
}


def readings(random: Random, tick: int) -> Readings:
    """A surge in the middle; each signal is missing now and then."""
    rate = random.gauss(600 if 40 <= tick < 70 else 60, 10)

    def known(value: float) -> float | None:
        return None if random.random() < 0.1 else value

    rates = {5.0: rate, 15.0: rate * 0.98, 60.0: rate * 0.9}
    return Readings(
        requests_per_second={w: r for w, r in rates.items() if random.random() > 0.1},
        queue_depth=known(500.0 if 40 <= tick < 46 else 0.0),
        in_flight=known(rate * 0.06),
        in_flight_p10=known(random.choice((0.0, 4.0))),
        completions=random.choice((None, True, False)),
        latency_p95_seconds=known(0.15),
        latency_mean_seconds=known(0.08),
        service_seconds=known(0.06),
        fast_service_seconds=known(0.09 if 40 <= tick < 60 else 0.06),
        cpu_utilization=known(0.5),
        first_token_seconds=known(0.7 if 40 <= tick < 60 else 0.1),
        kv_cache_utilization=known(random.random()),
        tokens_per_second=known(rate * 300),
        coverage=known(1.0),
    )


@pytest.mark.parametrize("scaling", [{}, EVERYTHING], ids=["plain", "everything on"])
async def test_both_paths_give_the_same_decisions(
    tmp_path: Path, scaling: dict[str, object]
) -> None:
    body = service_body({MIN_REPLICAS_ANNOTATION: "3"} if scaling else {}, **scaling)
    body["spec"]["metrics"] = {"preset": "vllm" if scaling else "fastapi"}
    cluster, clock, random = WillingCluster(), Clock(), Random(4)
    around = surroundings(cluster, clock)
    around.store.put_service(body)
    entry, desired = around.store.services[KEY], 2
    decided = []
    lines = []
    for tick in range(TICKS):
        clock.seconds = TICK_SECONDS * tick
        ready = max(0, desired - random.choice([0, 0, 1]))
        cluster.deployment = deployment_body(desired, ready)
        around.store.put_child("Deployment", cluster.deployment)
        seen = readings(random, tick)
        decision = await pass_over(around, KEY, entry, None, seen, None)
        assert decision is not None
        decided.append(
            (decision.replicas, decision.reason.value, decision.message, dict(decision.floors))
        )
        view = around.store.deployments[KEY]
        lines.append(
            write_observation(
                Observation(
                    time=clock.monotonic(),
                    readings=seen,
                    replicas=Replicas(view.spec_replicas, view.ready, view.starting),
                    startup_seconds=entry.startup_seconds,
                    unix_time=clock.now().timestamp(),
                    template_hash=view.template_hash,
                )
            )
        )
        desired = decision.replicas
    file = tmp_path / "service.yaml"
    file.write_text(yaml.safe_dump(body), encoding="utf-8")
    arguments = ["decide", "--service", str(file), "--tick", str(TICK_SECONDS)]
    result = CliRunner().invoke(app, arguments, input="\n".join(lines))
    assert result.exit_code == 0, result.output
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(a["replicas"], a["reason"], a["message"], a["floors"]) for a in answers] == decided
    assert len({replicas for replicas, *_ in decided}) > 3, "the replay must move the replicas"
