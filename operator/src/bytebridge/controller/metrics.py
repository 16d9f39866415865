"""What the operator exports about itself."""

from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bytebridge.signals.cache import CacheSignals


class OperatorMetrics:
    """All metrics of one operator, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.tick_seconds = Histogram(
            "bytebridge_tick_duration_seconds",
            "Time for one pass over all services.",
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )
        self.services = Gauge(
            "bytebridge_services", "ScalableServices that are known.", registry=self.registry
        )
        self.with_season = Gauge(
            "bytebridge_services_with_season",
            "Services whose load a day or a week explains, so that it is foreseen.",
            registry=self.registry,
        )
        self.decisions = Counter(
            "bytebridge_decisions",
            "Decisions by the rule that bound.",
            ["reason"],
            registry=self.registry,
        )
        self.desired = Gauge(
            "bytebridge_desired_replicas",
            "Replicas that the last decision needs.",
            ["namespace", "service"],
            registry=self.registry,
        )
        self.ready = Gauge(
            "bytebridge_ready_replicas",
            "Replicas that are Ready.",
            ["namespace", "service"],
            registry=self.registry,
        )
        self.blind = Gauge(
            "bytebridge_signals_unknown",
            "1 while a service's signals are unknown.",
            ["namespace", "service"],
            registry=self.registry,
        )
        self.blind_seconds = Gauge(
            "bytebridge_signals_unknown_seconds",
            "For how long a service's signals have been unknown; 0 while they are known.",
            ["namespace", "service"],
            registry=self.registry,
        )
        self.cache_hits = Gauge(
            "bytebridge_cache_hit_ratio",
            "Share of look-ups that the service's cache answers; NaN while it is unknown.",
            ["namespace", "service"],
            registry=self.registry,
        )
        self.cache_evictions = Gauge(
            "bytebridge_cache_evictions_per_second",
            "Entries that the service's cache drops for others; NaN while that is unknown.",
            ["namespace", "service"],
            registry=self.registry,
        )
        self.queries = Counter(
            "bytebridge_prometheus_queries", "Queries sent.", registry=self.registry
        )
        self.query_errors = Counter(
            "bytebridge_prometheus_query_errors", "Queries that failed.", registry=self.registry
        )
        self.apply_errors = Gauge(
            "bytebridge_services_with_apply_errors",
            "Services whose last write failed.",
            registry=self.registry,
        )
        self.writes = Counter(
            "bytebridge_api_writes",
            "Requests to the API server that were no reads, by the kind of their object.",
            ["kind"],
            registry=self.registry,
        )
        self.leader = Gauge(
            "bytebridge_leader", "1 while this operator acts.", registry=self.registry
        )

    def show_cache(self, key: tuple[str, str], signals: CacheSignals) -> None:
        """What is known of a service's cache."""
        ratio, evictions = signals.hit_ratio, signals.evictions_per_second
        self.cache_hits.labels(*key).set(nan if ratio is None else ratio)
        self.cache_evictions.labels(*key).set(nan if evictions is None else evictions)

    def forget(self, namespace: str, name: str) -> None:
        """Drop the series of a deleted service."""
        of_services = (self.desired, self.ready, self.blind, self.blind_seconds)
        for gauge in (*of_services, self.cache_hits, self.cache_evictions):
            gauge.remove_by_labels({"namespace": namespace, "service": name})
