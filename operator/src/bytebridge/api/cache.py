"""`spec.cache`: Redis or Valkey for responses and model outputs."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bytebridge.api.base import Model, rules
from bytebridge.api.secrets import SecretKey

Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$")]


class RedisMode(StrEnum):
    """Where the cache runs."""

    SIDECAR = "Sidecar"
    EXTERNAL = "External"


class RedisEndpoint(Model):
    """A Redis or Valkey that runs elsewhere."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 6379
    tls: bool = False


class Redis(Model):
    """The cache of the service."""

    model_config = rules(
        (
            "self.mode != 'External' || has(self.endpoint)",
            "spec.cache.redis.endpoint: required with mode External; add endpoint.host",
        ),
        (
            "self.mode != 'Sidecar' || (!has(self.endpoint) && !has(self.secretRef))",
            (
                "spec.cache.redis.endpoint and secretRef: only with mode External; "
                "remove them or set mode: External"
            ),
        ),
    )

    mode: RedisMode = RedisMode.SIDECAR
    memory: Quantity = "256Mi"
    """Memory limit of the sidecar; Valkey itself may use three quarters of it."""
    image: str = "valkey/valkey:8.1-alpine"
    endpoint: RedisEndpoint | None = None
    """With External."""
    secret_ref: SecretKey | None = None
    """Password of an External cache."""
    url_variable: str = "REDIS_URL"


class Cache(Model):
    """Caches of the service."""

    redis: Redis | None = None
