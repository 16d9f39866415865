"""KEDA on the depth of the queue: a Prometheus trigger behind the HPA that KEDA makes.

After the KEDA documentation (ScaledObject; Prometheus scaler): from one replica on the HPA asks for
the metric at each of its syncs, AverageValue; an empty result and NaN count as 0
(`ignoreNullValues: "true"`, the default). Between zero and one KEDA decides by itself, each
`pollingInterval`: to one as soon as the trigger is active, to zero when it has not been active for
`cooldownPeriod`.
"""

from bytebridge.simulation.policies.autoscaler import Setting, Sight
from bytebridge.simulation.policies.hpa_behavior import SYNC_SECONDS, Behavior
from bytebridge.simulation.policies.hpa_metrics import by_average_value
from bytebridge.simulation.prometheus import Fault

DEPTH_PER_REPLICA = 5.0
"""The value of KEDA's own examples for queues."""
SYNCS_A_POLL = 2
"""`pollingInterval` 30 s."""
COOLDOWN_SECONDS = 300.0


class KedaOnQueue:
    """A ScaledObject with a Prometheus trigger on waiting requests."""

    interval_seconds = SYNC_SECONDS

    def __init__(self, setting: Setting) -> None:
        self._to_zero = setting.service.spec.scaling.min_replicas == 0
        self._behavior = Behavior()
        self._syncs = 0
        self._active_at = 0.0

    def desired(self, sight: Sight) -> int:
        """Recommend and settle; an error keeps the replicas."""
        current = sight.pods.desired
        depth = self._depth(sight)
        self._syncs += 1
        if depth is None:
            return current
        if self._to_zero and self._syncs % SYNCS_A_POLL == 1:
            current = self._poll(sight.now, current, depth)
        if current == 0:
            return 0  # An HPA leaves a target of no replicas alone.
        recommended = by_average_value(depth, DEPTH_PER_REPLICA, sight.pods)
        return self._behavior.settle(sight.now, current, recommended)

    def _poll(self, now: float, current: int, depth: float) -> int:
        """Activation and its end."""
        if depth > 0:
            self._active_at = now
            return max(1, current)
        return 0 if now - self._active_at > COOLDOWN_SECONDS else current

    @staticmethod
    def _depth(sight: Sight) -> float | None:
        fault = sight.prometheus.fault(sight.now)
        if fault in {Fault.EMPTY, Fault.NAN, Fault.SCRAPES_FAIL}:
            return 0.0
        latest = sight.prometheus.latest(sight.now)
        return latest.waiting if latest else None
