"""The API server refuses metrics that could never be read, and says what to add."""

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
