"""`spec.metrics`: where queue depth, rates and latency come from."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from bytebridge.api.base import Model, rules

PromQL = Annotated[str, Field(min_length=1, max_length=4_096)]


class Preset(StrEnum):
    """Servers whose metric names the operator knows."""

    FASTAPI = "fastapi"
    VLLM = "vllm"
    TRITON = "triton"
    TGI = "tgi"
    TEI = "tei"
    RAY_SERVE = "ray-serve"
    BENTOML = "bentoml"
    TORCHSERVE = "torchserve"
    CELERY = "celery"
    RABBITMQ = "rabbitmq"
    REDIS_STREAM = "redis-stream"
    CUSTOM = "custom"


BROKERS = frozenset({Preset.CELERY, Preset.RABBITMQ, Preset.REDIS_STREAM})
"""Presets read from a broker's exporter, whose series name a queue and not the service."""

_QUEUE_NAME_NEEDED = (
    "spec.metrics.queueName: presets celery, rabbitmq and redis-stream need it; "
    "name the queue or stream"
)
_GROUP_NEEDED = (
    "spec.metrics.consumerGroup: preset redis-stream needs it, no other takes it; "
    "name the group that the pods read as"
)


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
    time_to_first_token: PromQL | None = None
    """Seconds, at the objective's percentile; asked for with an objective for it."""
    kv_cache_utilization: PromQL | None = None
    """KV cache in use, 0 to 1, mean of the pods; asked for with `scaling.kvCache`."""
    token_rate: PromQL | None = None
    """Prompt and generated tokens a second over `$window`; asked for with `scaling.tokens`."""


class Metrics(Model):
    """The service's signals."""

    model_config = rules(
        (
            (
                "!has(self.preset) || !(self.preset in ['celery', 'rabbitmq', 'redis-stream']) "
                "|| has(self.queueName)"
            ),
            _QUEUE_NAME_NEEDED,
        ),
        (
            "(has(self.preset) && self.preset == 'redis-stream') == has(self.consumerGroup)",
            _GROUP_NEEDED,
        ),
    )

    preset: Preset = Preset.FASTAPI
    queue_name: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    """Queue of `celery` and `rabbitmq`, stream of `redis-stream`: finds the exporter's series."""
    consumer_group: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    """Consumer group of `redis-stream`."""
    queries: Queries = Queries()
    port_name: str | None = None
    """Container port that serves /metrics; by default the service's own port."""
    path: str = "/metrics"
    scrape_interval_seconds: Annotated[int, Field(ge=1, le=300)] = 5

    @model_validator(mode="after")
    def _names_what_the_broker_needs(self) -> Self:
        """The CRD's rules, for files that no API server has seen."""
        if self.preset in BROKERS and self.queue_name is None:
            raise ValueError(_QUEUE_NAME_NEEDED)
        if (self.preset is Preset.REDIS_STREAM) != (self.consumer_group is not None):
            raise ValueError(_GROUP_NEEDED)
        return self
