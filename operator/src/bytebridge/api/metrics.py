"""`spec.metrics`: where queue depth, rates and latency come from."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bytebridge.api.base import Model

PromQL = Annotated[str, Field(min_length=1, max_length=4_096)]


class Preset(StrEnum):
    """Servers whose metric names the operator knows."""

    FASTAPI = "fastapi"
    VLLM = "vllm"
    TRITON = "triton"
    TGI = "tgi"
    TEI = "tei"
    CUSTOM = "custom"


class Queries(Model):
    """PromQL that replaces a preset's query of the same signal, or stands alone with `custom`.

    `$namespace`, `$service` and `$window` are filled in.
    """

    request_rate: PromQL | None = None
    """Requests a second over `$window`."""
    queue_depth: PromQL | None = None
    """Requests or messages that wait."""
    in_flight: PromQL | None = None
    """Requests that are being served."""
    latency: PromQL | None = None
    """Seconds, end to end, at the objective's percentile."""
    latency_mean: PromQL | None = None
    """Seconds, end to end, mean."""
    service_time: PromQL | None = None
    """Seconds of service without queueing, mean."""
    cpu_utilization: PromQL | None = None
    """Busy over ready capacity, 0 to 1."""


class Metrics(Model):
    """The service's signals."""

    preset: Preset = Preset.FASTAPI
    queries: Queries = Queries()
    port_name: str | None = None
    """Container port that serves /metrics; by default the service's own port."""
    path: str = "/metrics"
    scrape_interval_seconds: Annotated[int, Field(ge=1, le=300)] = 5
