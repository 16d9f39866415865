"""The HPA's replica calculator: from a metric to a recommendation.

After kubernetes/pkg/controller/podautoscaler/replica_calculator.go.
"""

import math
from dataclasses import dataclass

from bytebridge.simulation.fleet import Pods

TOLERANCE = 0.1
CPU_INITIALIZATION_SECONDS = 300.0
"""For so long after its start a pod's CPU counts only once measured over a full window."""


def by_average_value(total: float, target: float, pods: Pods) -> int:
    """External or Object metric with an AverageValue target.

    Args:
        total: The metric.
        target: Its share that one pod is to have.
        pods: The pods; all that exist share the metric, Ready or not.
    """
    current = pods.ready + pods.starting
    if current and abs(1 - total / (target * current)) <= TOLERANCE:
        return pods.desired
    return math.ceil(total / target - 1e-9)


@dataclass(frozen=True, slots=True)
class PodMetric:
    """A metric of each pod, as an average over those that have it."""

    average: float
    measured: int
    """Ready pods that have the metric."""
    missing: int
    """Ready pods without."""
    unready: int
    """Pods that are starting, or too young to be believed."""


def by_pod_metric(metric: PodMetric, target: float, desired: int) -> int:
    """Resource metric: pods without a metric are assumed so that they dampen.

    Missing pods count as idle on the way up and as using all of their request on the way down;
    unready pods count as idle on the way up and not at all on the way down.

    Args:
        metric: The pods' metric.
        target: The average it is to have.
        desired: Replicas set at present, kept when the change would be within the tolerance or
            against the direction that the measured pods show.
    """
    if metric.measured == 0:
        return desired
    ratio = metric.average / target
    if metric.missing == 0 and (metric.unready == 0 or ratio <= 1):
        if abs(1 - ratio) <= TOLERANCE:
            return desired
        return math.ceil(ratio * metric.measured - 1e-9)
    total, counted = metric.average * metric.measured, metric.measured + metric.missing
    if ratio < 1:
        total += max(1.0, target) * metric.missing
    elif metric.unready:
        counted += metric.unready
    assumed = total / counted / target
    if abs(1 - assumed) <= TOLERANCE or (ratio - 1) * (assumed - 1) < 0:
        return desired
    replicas = math.ceil(assumed * counted - 1e-9)
    reverses = (replicas - desired) * (assumed - 1) < 0
    return desired if reverses else replicas
