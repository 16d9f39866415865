"""What each server or broker exports.

Sources: prometheus-fastapi-instrumentator (README), vLLM (docs, "Production metrics"), Triton
Inference Server (docs, "Metrics"), Hugging Face text-generation-inference and
text-embeddings-inference (router sources), Ray Serve (docs, "Monitor your application"), BentoML
(docs, "Observability: metrics"), TorchServe (docs, "Metrics"; RestJob.java for what the latencies
include), danihodovic/celery-exporter (src/exporter.py), rabbitmq_prometheus (metrics-detailed.md
and its core metrics collector), oliver006/redis_exporter (exporter/streams.go).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bytebridge.api.metrics import Preset
from bytebridge.api.names import SERVICE_SERIES_LABEL

Names = tuple[str, ...]
"""Metrics of the same meaning; the first that has series wins, of rates the first above 0."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose series these are, and by which labels they are told apart."""

    match: tuple[str, ...] = (SERVICE_SERIES_LABEL,)
    """Labels that find the series of a service."""
    apart: tuple[str, ...] = ()
    """Labels whose values must not be summed up: two of them are two queues."""
    replicated: bool = False
    """Each exporter tells the whole, so that a second one must not count twice."""
    matchers: str = ""
    """Label matchers that choose the series of one service before it carries any label of ours."""

    @property
    def grouping(self) -> tuple[str, ...]:
        """Labels of a result."""
        return ("namespace", *self.apart, *self.match)

    @property
    def of_pods(self) -> bool:
        """The pods themselves export the series; no exporter speaks for them."""
        return bool(self.matchers) or self.match == PODS.match

    def selector(self, name: str, *matchers: str) -> str:
        """A metric of this origin as PromQL selects it."""
        chosen = ", ".join(filter(None, (self.matchers, *matchers)))
        return f"{name}{{{chosen}}}" if chosen else name


PODS = Origin()


def pods_matching(matchers: str) -> Origin:
    """Pods that are told by label matchers, such as `namespace="legal", pod=~"classifier-.+"`."""
    return Origin(match=(), matchers=matchers)


def own_label(namespace: str, name: str) -> str:
    """Label matchers of a service that the operator's PodMonitor has labelled."""
    return f'namespace="{namespace}", {SERVICE_SERIES_LABEL}="{name}"'


@dataclass(frozen=True, slots=True)
class Histogram:
    """A histogram of durations, by its base name."""

    names: Names
    unit_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class DurationCounter:
    """A counter of durations beside one of requests: a mean, and no quantile."""

    total: str
    per: str
    without: str | None = None
    """A part of the total that does not belong to it."""
    unit_seconds: float = 1e-6


Duration = Histogram | DurationCounter


@dataclass(frozen=True, slots=True)
class MetricNames:
    """Names of one server's metrics; absent: it exports none, and the signal is unknown."""

    requests: Names
    """Counter of arrivals; of completions where nothing counts arrivals."""
    queue: Names = ()
    """Gauge."""
    in_flight: Names = ()
    """Gauge."""
    latency: Duration | None = None
    """End to end."""
    service: Duration | None = None
    """Without queueing."""
    first_token: Duration | None = None
    """From a request's arrival to the first token of its answer."""
    kv_cache: Names = ()
    """Gauge, 0 to 1 a pod."""
    tokens: tuple[Names, ...] = ()
    """Counters that add up to prompt and generated tokens."""
    origin: Origin = PODS
    completions: bool | None = None
    """Whether `requests` counts what is completed or taken, and not what arrives; `None`: backlogs
    have to tell."""


PRESETS: Mapping[Preset, MetricNames] = {
    Preset.FASTAPI: MetricNames(
        requests=("http_requests_total",),
        in_flight=("http_requests_inprogress",),
        # The plain one has but three buckets by default.
        latency=Histogram(("http_request_duration_highr_seconds", "http_request_duration_seconds")),
    ),
    Preset.VLLM: MetricNames(
        # A request that is in a batch for seconds counts with its first token, not its last: a
        # surge is seen so much sooner. Embeddings have no first token.
        requests=("vllm:time_to_first_token_seconds_count", "vllm:request_success_total"),
        completions=True,
        queue=("vllm:num_requests_waiting",),
        in_flight=("vllm:num_requests_running",),
        latency=Histogram(("vllm:e2e_request_latency_seconds",)),
        service=Histogram(("vllm:request_inference_time_seconds",)),
        first_token=Histogram(("vllm:time_to_first_token_seconds",)),
        # The second is the name before vLLM 0.10.
        kv_cache=("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
        tokens=(("vllm:prompt_tokens_total",), ("vllm:generation_tokens_total",)),
    ),
    Preset.TRITON: MetricNames(
        requests=("nv_inference_request_success",),
        queue=("nv_inference_pending_request_count",),
        latency=DurationCounter(
            "nv_inference_request_duration_us", per="nv_inference_request_success"
        ),
        service=DurationCounter(
            "nv_inference_request_duration_us",
            per="nv_inference_request_success",
            without="nv_inference_queue_duration_us",
        ),
    ),
    Preset.TGI: MetricNames(
        requests=("tgi_request_count", "tgi_request_success"),
        queue=("tgi_queue_size",),
        in_flight=("tgi_batch_current_size",),
        latency=Histogram(("tgi_request_duration",)),
        service=Histogram(("tgi_request_inference_duration",)),
        # Sums of histograms over the requests that are done.
        tokens=(("tgi_request_input_length_sum",), ("tgi_request_generated_tokens_sum",)),
    ),
    Preset.TEI: MetricNames(
        requests=("te_request_count", "te_request_success"),
        queue=("te_queue_size",),
        latency=Histogram(("te_request_duration",)),
        service=Histogram(("te_request_inference_duration",)),
    ),
    Preset.RAY_SERVE: MetricNames(
        requests=("ray_serve_num_http_requests_total",),
        queue=("ray_serve_deployment_queued_queries",),
        in_flight=("ray_serve_replica_processing_queries",),
        latency=Histogram(("ray_serve_http_request_latency_ms",), unit_seconds=1e-3),
        service=Histogram(("ray_serve_deployment_processing_latency_ms",), unit_seconds=1e-3),
    ),
    Preset.BENTOML: MetricNames(
        requests=("bentoml_service_request_total",),
        in_flight=("bentoml_service_request_in_progress",),
        latency=Histogram(("bentoml_service_request_duration_seconds",)),
    ),
    Preset.TORCHSERVE: MetricNames(
        requests=("ts_inference_requests_total",),
        latency=DurationCounter(
            "ts_inference_latency_microseconds", per="ts_inference_requests_total"
        ),
        service=DurationCounter(
            "ts_inference_latency_microseconds",
            per="ts_inference_requests_total",
            without="ts_queue_latency_microseconds",
        ),
    ),
    Preset.CELERY: MetricNames(
        # Only with task_send_sent_event do task events name their queue.
        requests=("celery_task_sent_total",),
        queue=("celery_queue_length",),
        service=Histogram(("celery_task_runtime",)),
        origin=Origin(("queue_name",), replicated=True),
    ),
    Preset.RABBITMQ: MetricNames(
        # Nodes count what went through their own channels: a cluster's sum is the queue's.
        requests=(
            "rabbitmq_detailed_queue_exchange_messages_published_total",
            "rabbitmq_queue_exchange_messages_published_total",
            "rabbitmq_detailed_queue_messages_acked_total",
            "rabbitmq_queue_messages_acked_total",
        ),
        queue=("rabbitmq_detailed_queue_messages_ready", "rabbitmq_queue_messages_ready"),
        in_flight=("rabbitmq_detailed_queue_messages_unacked", "rabbitmq_queue_messages_unacked"),
        origin=Origin(("queue",), apart=("vhost",)),
    ),
    Preset.REDIS_STREAM: MetricNames(
        # A gauge by type, but Redis only ever adds to it.
        requests=("redis_stream_group_entries_read",),
        queue=("redis_stream_group_lag",),
        in_flight=("redis_stream_group_messages_pending",),
        completions=True,
        origin=Origin(("stream", "group"), apart=("db",), replicated=True),
    ),
}
