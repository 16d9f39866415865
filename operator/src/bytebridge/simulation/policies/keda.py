"""KEDA on the depth of the queue: a Prometheus trigger behind the HPA that KEDA makes.

After the KEDA documentation of the Prometheus scaler: the HPA asks for the metric at each of its
syncs, AverageValue; an empty result counts as 0 (`ignoreNullValues: "true"`, the default).
"""

from bytebridge.simulation.policies.autoscaler import Setting, Sight
from bytebridge.simulation.policies.hpa_behavior import SYNC_SECONDS, Behavior
from bytebridge.simulation.policies.hpa_metrics import by_average_value
from bytebridge.simulation.prometheus import Fault

DEPTH_PER_REPLICA = 5.0
"""The value of KEDA's own examples for queues."""


class KedaOnQueue:
    """A ScaledObject with a Prometheus trigger on waiting requests."""

    interval_seconds = SYNC_SECONDS

    def __init__(self, setting: Setting) -> None:
        del setting
        self._behavior = Behavior()

    def desired(self, sight: Sight) -> int:
        """Recommend and settle; an error keeps the replicas, an empty answer is zero."""
        current = sight.pods.desired
        depth = self._depth(sight)
        if depth is None:
            return current
        recommended = by_average_value(depth, DEPTH_PER_REPLICA, sight.pods)
        return self._behavior.settle(sight.now, current, recommended)

    @staticmethod
    def _depth(sight: Sight) -> float | None:
        fault = sight.prometheus.fault(sight.now)
        if fault in {Fault.EMPTY, Fault.SCRAPES_FAIL}:
            return 0.0
        latest = sight.prometheus.latest(sight.now)
        return latest.waiting if latest else None
