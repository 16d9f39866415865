"""A surge that comes each day is met by an operator that has never seen one."""

import time
from pathlib import Path
from typing import Any

from bytebridge.lab.cluster import Lab
from bytebridge.signals.recorded_rates import BUCKET_SECONDS
from support.load import LoadExporter
from support.objects import Cluster, pods_that_serve, scalable_service, wait_for
from support.operator_process import OperatorProcess, running_operator
from support.recorded_past import CounterSeries, write_past

DAY = 86_400.0
DAYS = 4
QUIET, BUSY = 60.0, 600.0
BUSY_SECONDS = 3_600.0
FOR_BUSY = 10
"""Replicas with four slots and 60 ms a request, nine tenths of them busy."""
TO_READ_SECONDS = 120.0
"""That the operator has at least before the busy time is over that it is to foresee."""


def beginning() -> float:
    """When the busy time begins today, Unix seconds: with a bucket, and about now."""
    left = BUCKET_SECONDS - time.monotonic() % BUCKET_SECONDS
    begun = left > TO_READ_SECONDS
    return time.time() + left - (BUCKET_SECONDS if begun else 0.0)


def daily(namespace: str, begin: float) -> CounterSeries:
    """Of one pod from before the operator came; today's busy time is still to come."""

    def rate(now: float) -> float:
        return BUSY if (now - begin) % DAY < BUSY_SECONDS else QUIET

    labels = f'namespace="{namespace}",pod="nlp-6d4cf56db6-x2v9k"'
    return CounterSeries(labels, rate, begin - DAYS * DAY, begin - BUCKET_SECONDS)


def seasons(operator: OperatorProcess) -> int:
    return int(operator.metric("bytebridge_services_with_season"))


def decision(cluster: Cluster) -> dict[str, Any]:
    """The last one, as the status tells it."""
    found: dict[str, Any] = cluster.statuses()["nlp"]["lastDecision"]
    return found


def test_replicas_come_before_the_load(
    lab: Lab, cluster: Cluster, load: LoadExporter, tmp_path: Path
) -> None:
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=QUIET)
    cluster.create(scalable_service("nlp"))
    begin = beginning()
    lab.stop("prometheus")
    write_past(lab.prometheus_data, [daily(cluster.namespace, begin)])
    lab.start("prometheus")
    with running_operator(lab, tmp_path) as operator:
        wait_for("the season is known", lambda: seasons(operator), 1, seconds=120)
        wait_for("foreseen", lambda: cluster.replicas("nlp") >= FOR_BUSY, wanted=True, seconds=240)
        wait_for("told", lambda: decision(cluster)["reason"], "Forecast")
        decided = decision(cluster)
    assert "on other days, 600 requests/s are due" in decided["message"]
    assert decided["floors"]["utilization"] <= 2, "the load itself has not come"
