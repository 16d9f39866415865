"""The operator's own decision core, fed as the operator feeds it."""

from bytebridge.scaling.decision import Decision
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.scaling.policy import compile_policy
from bytebridge.scaling.seasonal import recalled_seasons
from bytebridge.scaling.state import State
from bytebridge.signals.queries import fast_window, slow_window
from bytebridge.simulation.policies.autoscaler import Setting, Sight
from bytebridge.simulation.prometheus import Prometheus, Sample
from bytebridge.simulation.service_model import Exports


class Law:
    """`bytebridge.scaling.law.decide` behind the queries of the operator."""

    def __init__(self, setting: Setting) -> None:
        self.interval_seconds = setting.tick_seconds
        self._policy = compile_policy(setting.service, setting.tick_seconds)
        self._state = State(seasons=recalled_seasons(setting.days, self._policy.day_seconds))
        self._slots = setting.model.slots
        self._exports = setting.exports
        self._scrape = setting.scrape_seconds
        metrics = setting.service.spec.metrics
        self._fast, self._slow = float(fast_window(metrics)), float(slow_window(metrics))

    def desired(self, sight: Sight) -> int:
        """Observe, and set what is decided."""
        return self.decide(sight).replicas

    def decide(self, sight: Sight) -> Decision:
        """Observe and decide."""
        pods = sight.pods
        observation = Observation(
            time=sight.now,
            readings=self._readings(sight.prometheus, sight.now, pods.ready),
            replicas=Replicas(pods.desired, pods.ready, pods.starting),
            startup_seconds=sight.startup_seconds,
            template_hash="v1",
        )
        return decide(self._policy, self._state, observation)

    def _readings(self, prometheus: Prometheus, now: float, ready: int) -> Readings:
        # Gauges are read as last_over_time(...) of the fast window; what is fresh is told apart.
        latest = prometheus.last(self._fast, now)
        fresh = prometheus.latest(now) is not None
        rates = {
            window: rate
            for window in (self._fast, self._slow)
            if (rate := prometheus.rate(self._counter, window, now)) is not None
        }
        newest = prometheus.newest_rate(self._counter, self._fast, now)
        if newest is not None:
            rates[self._scrape] = newest
        waiting, in_flight = self._gauges(latest)
        busy = prometheus.rate(lambda s: s.busy_seconds, self._slow, now)
        return Readings(
            requests_per_second=rates,
            queue_depth=waiting,
            in_flight=in_flight,
            latency_p95_seconds=prometheus.latency(self._policy.percentile, self._slow, now),
            latency_mean_seconds=prometheus.ratio(
                lambda s: s.latency_seconds, lambda s: s.completed, self._slow, now
            ),
            service_seconds=self._service_seconds(prometheus, self._slow, now),
            fast_service_seconds=self._service_seconds(prometheus, self._fast, now),
            cpu_utilization=busy / (ready * self._slots) if busy is not None and ready else None,
            coverage=float(fresh) if fresh or rates else None,
        )

    def _counter(self, sample: Sample) -> float:
        return sample.completed if self._exports is Exports.COMPLETIONS else sample.arrived

    def _gauges(self, latest: Sample | None) -> tuple[float | None, float | None]:
        """The waiting and those that are being served, or all in one figure."""
        if latest is None:
            return None, None
        if self._exports is Exports.IN_PROGRESS:
            return None, latest.waiting + latest.in_service
        return latest.waiting, latest.in_service

    def _service_seconds(self, prometheus: Prometheus, window: float, now: float) -> float | None:
        if self._exports is Exports.IN_PROGRESS:
            return None
        return prometheus.ratio(lambda s: s.service_seconds, lambda s: s.completed, window, now)
