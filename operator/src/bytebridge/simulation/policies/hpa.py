"""Horizontal Pod Autoscalers on CPU, on requests in flight and on requests a second."""

from bytebridge.simulation.policies.autoscaler import Setting, Sight
from bytebridge.simulation.policies.hpa_behavior import DOWN_WINDOW_SECONDS, SYNC_SECONDS, Behavior
from bytebridge.simulation.policies.hpa_metrics import PodMetric, by_average_value, by_pod_metric

TARGET_UTILIZATION = 0.7
"""Share of a pod's capacity that all peers aim at."""
RATE_WINDOW_SECONDS = 15.0
METRICS_SERVER_SECONDS = 15.0
"""Resolution of metrics-server."""


class HpaOnRate:
    """An HPA on requests a second over 15 s, by an adapter, AverageValue."""

    interval_seconds = SYNC_SECONDS

    def __init__(self, setting: Setting) -> None:
        model = setting.model
        self._target = TARGET_UTILIZATION * model.slots / model.service_seconds
        self._behavior = Behavior()

    def desired(self, sight: Sight) -> int:
        """Recommend and settle; without a metric replicas stay."""
        current = sight.pods.desired
        rate = sight.prometheus.rate(lambda s: s.arrived, RATE_WINDOW_SECONDS, sight.now)
        if rate is None:
            return current
        recommended = by_average_value(rate, self._target, sight.pods)
        return self._behavior.settle(sight.now, current, recommended)


class HpaOnInFlight:
    """An HPA on requests in flight (waiting and being served), by an adapter, AverageValue."""

    interval_seconds = SYNC_SECONDS

    def __init__(self, setting: Setting) -> None:
        self._target = TARGET_UTILIZATION * setting.model.slots
        self._behavior = Behavior()

    def desired(self, sight: Sight) -> int:
        """Recommend and settle; without a metric replicas stay."""
        current = sight.pods.desired
        latest = sight.prometheus.latest(sight.now)
        if latest is None:
            return current
        in_flight = latest.waiting + latest.in_service
        recommended = by_average_value(in_flight, self._target, sight.pods)
        return self._behavior.settle(sight.now, current, recommended)


class HpaOnCpu:
    """An HPA on CPU utilization: a busy slot is its share of a pod's CPU request.

    CPU comes from metrics-server, so that faults of Prometheus do not touch it. A young pod's CPU
    counts once metrics-server has seen it twice since it became Ready; until then it is unready.
    """

    interval_seconds = SYNC_SECONDS

    def __init__(
        self,
        setting: Setting,
        target: float = TARGET_UTILIZATION,
        down_window_seconds: float = DOWN_WINDOW_SECONDS,
    ) -> None:
        self._slots = setting.model.slots
        self._target = target
        self._behavior = Behavior(down_window_seconds)

    def desired(self, sight: Sight) -> int:
        """Recommend and settle."""
        pods, now = sight.pods, sight.now
        used = sight.prometheus.cpu(METRICS_SERVER_SECONDS, now)
        if used is None or pods.ready == 0:
            return pods.desired
        measured = sum(since <= used.start for since in pods.ready_since)
        stood = sum(max(0.0, used.end - max(used.start, since)) for since in pods.ready_since)
        metric = PodMetric(
            average=min(1.0, used.busy_seconds / (stood * self._slots)) if stood else 0.0,
            measured=measured,
            missing=0,
            unready=pods.ready - measured + pods.starting,
        )
        recommended = by_pod_metric(metric, self._target, pods.desired)
        return self._behavior.settle(now, pods.desired, recommended)
