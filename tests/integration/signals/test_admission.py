"""The API server refuses what could never be read or met, and says what to mend."""

from typing import Any

import pytest
from kubernetes.client import ApiException

from support.objects import Cluster, scalable_service

QUEUE, GROUP = "spec.metrics.queueName", "spec.metrics.consumerGroup"


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ({}, None),
        ({"preset": "ray-serve"}, None),
        ({"preset": "bentoml"}, None),
        ({"preset": "torchserve"}, None),
        ({"preset": "celery", "queueName": "q"}, None),
        ({"preset": "rabbitmq", "queueName": "q"}, None),
        ({"preset": "redis-stream", "queueName": "s", "consumerGroup": "g"}, None),
        ({"preset": "celery"}, QUEUE),
        ({"preset": "rabbitmq"}, QUEUE),
        ({"preset": "redis-stream", "consumerGroup": "g"}, QUEUE),
        ({"preset": "redis-stream", "queueName": "s"}, GROUP),
        ({"consumerGroup": "g"}, GROUP),
        ({"preset": "unheard-of"}, "Unsupported value"),
    ],
)
def test_metrics(cluster: Cluster, metrics: dict[str, Any], message: str | None) -> None:
    manifest = scalable_service("a")
    manifest["spec"]["metrics"] = metrics
    if message is None:
        cluster.create(manifest)
        return
    with pytest.raises(ApiException, match=message):
        cluster.create(manifest)


WINDOW = {"name": "a", "start": "0 8 * * 1-5", "durationMinutes": 60, "minReplicas": 5}
KV_CACHE = {"targetUtilizationPercent": 80}


@pytest.mark.parametrize(
    ("scaling", "message"),
    [
        (
            {"schedule": [WINDOW, {**WINDOW, "name": "b", "start": "*/30 6,18 1-7 JAN,jul SUN"}]},
            None,
        ),
        ({"schedule": [{**WINDOW, "timeZone": "America/Argentina/Buenos_Aires"}]}, None),
        ({"schedule": [{**WINDOW, "start": "60 8 * * *"}]}, "expected a cron expression"),
        ({"schedule": [{**WINDOW, "start": "0 8 * *"}]}, "expected a cron expression"),
        ({"schedule": [{**WINDOW, "start": "0 0 8 * * 1"}]}, "expected a cron expression"),
        ({"schedule": [{**WINDOW, "start": "daily"}]}, "expected a cron expression"),
        ({"schedule": [{**WINDOW, "timeZone": "../zone"}]}, "timeZone"),
        ({"schedule": [{**WINDOW, "minReplicas": 41}]}, "must not be above maxReplicas"),
        ({"schedule": [WINDOW, WINDOW]}, "must differ from window to window"),
        ({"schedule": [{"name": "a"}]}, "Required value"),
        ({"scaleUp": {"periodSeconds": 60}}, "maxStepPercent or maxStepReplicas"),
        ({"scaleUp": {"periodSeconds": 60, "maxStepReplicas": 4}}, None),
        ({"objective": {"percentile": 95}}, "timeToFirstTokenMilliseconds"),
        ({"objective": {"timeToFirstTokenMilliseconds": 500}}, "queries.timeToFirstToken"),
        ({"kvCache": KV_CACHE}, "queries.kvCacheUtilization"),
        ({"tokens": {}}, "queries.tokenRate"),
        ({"headroomPercent": 401}, "less than or equal to 400"),
    ],
)
def test_scaling(cluster: Cluster, scaling: dict[str, Any], message: str | None) -> None:
    manifest = scalable_service("a", **scaling)
    if message is None:
        cluster.create(manifest)
        return
    with pytest.raises(ApiException, match=message):
        cluster.create(manifest)


def test_full_schedules_are_within_the_budget_of_the_rules(cluster: Cluster) -> None:
    """Sixteen windows with the longest expressions."""
    start = ",".join(["0-59/15"] * 9) + " 8 * * 1-5"
    windows = [{**WINDOW, "name": f"w{n}", "start": start} for n in range(16)]
    cluster.create(scalable_service("a", schedule=windows))
