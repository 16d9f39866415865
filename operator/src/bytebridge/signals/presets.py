"""What each inference server exports, as PromQL fragments.

Sources: prometheus-fastapi-instrumentator (README), vLLM (docs, "Production metrics"), Triton
Inference Server (docs, "Metrics"), Hugging Face text-generation-inference and
text-embeddings-inference (docs, "Metrics").
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bytebridge.api.metrics import Preset


@dataclass(frozen=True, slots=True)
class Histogram:
    """A histogram of seconds, by its base name."""

    name: str


@dataclass(frozen=True, slots=True)
class MetricNames:
    """Names of one server's metrics; `None`: it exports none."""

    requests: str
    """Counter of requests, completed ones where the server counts only those."""
    queue: str | None = None
    """Gauge."""
    in_flight: str | None = None
    """Gauge."""
    latency: Histogram | None = None
    """End to end."""
    service: Histogram | None = None
    """Without queueing."""


PRESETS: Mapping[Preset, MetricNames] = {
    Preset.FASTAPI: MetricNames(
        requests="http_requests_total",
        in_flight="http_requests_inprogress",
        latency=Histogram("http_request_duration_seconds"),
    ),
    Preset.VLLM: MetricNames(
        requests="vllm:request_success_total",
        queue="vllm:num_requests_waiting",
        in_flight="vllm:num_requests_running",
        latency=Histogram("vllm:e2e_request_latency_seconds"),
        service=Histogram("vllm:request_inference_time_seconds"),
    ),
    Preset.TRITON: MetricNames(
        requests="nv_inference_request_success",
        queue="nv_inference_pending_request_count",
    ),
    Preset.TGI: MetricNames(
        requests="tgi_request_success",
        queue="tgi_queue_size",
        in_flight="tgi_batch_current_size",
        latency=Histogram("tgi_request_duration"),
        service=Histogram("tgi_request_inference_duration"),
    ),
    Preset.TEI: MetricNames(
        requests="te_request_success",
        queue="te_queue_size",
        latency=Histogram("te_request_duration"),
        service=Histogram("te_request_inference_duration"),
    ),
}
