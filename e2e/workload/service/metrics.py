"""What the service exports: the names of prometheus-fastapi-instrumentator, and some of its own."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from e2e.workload.service.slots import Slots

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
ROUTE: Final = "/classify"
_BUCKETS: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75),
    *(1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 30.0),
)


class ServiceMetrics:
    """Metrics of one process, in a registry of their own."""

    def __init__(self, slots: Slots) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "http_requests_total",
            "Requests that were answered.",
            ("handler", "method", "status"),
            registry=self.registry,
        )
        self.in_progress = Gauge(
            "http_requests_inprogress",
            "Requests within the server, those that wait among them.",
            registry=self.registry,
        )
        self.latency = Histogram(
            "http_request_duration_highr_seconds",
            "From a request to its answer, waiting included.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.service = Histogram(
            "nlp_service_seconds",
            "Inference alone, without waiting for a slot.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.cpu = Counter(
            "nlp_inference_cpu_seconds_total",
            "Processor time of inference.",
            registry=self.registry,
        )
        self.cache = Counter(
            "nlp_cache_requests_total",
            "Look-ups in the cache of answers.",
            ("result",),
            registry=self.registry,
        )
        self.lookups = Counter(
            "nlp_database_lookups_total",
            "Look-ups of review policies in the database.",
            ("result",),
            registry=self.registry,
        )
        # A counter that begins at its first event has no rate for it.
        self.requests.labels(ROUTE, "POST", "2xx")
        own = self.registry
        waiting = Gauge("nlp_queue_depth", "Requests that wait for a slot.", registry=own)
        waiting.set_function(lambda: slots.waiting)
        running = Gauge("nlp_requests_running", "Inferences under way.", registry=own)
        running.set_function(lambda: slots.running)
        Gauge("nlp_slots", "Inferences that may run at once.", registry=own).set(slots.size)

    def exposition(self) -> bytes:
        """What a scrape reads now."""
        return generate_latest(self.registry)
