"""`spec.cache`: Redis or Valkey for responses and model outputs."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from bytebridge.api.base import Model, rules
from bytebridge.api.postgres import VariableName
from bytebridge.api.secrets import SecretKey

Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$")]

_ENDPOINT_NEEDED: Final = (
    "spec.cache.redis.endpoint: required with mode External; add endpoint.host"
)
_EXPORTER_NEEDED: Final = (
    "spec.cache.redis.exporter: countedBeforeCache needs the hit ratio; add exporter: {}"
)
_ENDPOINT_UNUSED: Final = (
    "spec.cache.redis.endpoint, readerEndpoint and secretRef: only with mode External; "
    "remove them or set mode: External"
)


class RedisMode(StrEnum):
    """Where the cache runs."""

    SIDECAR = "Sidecar"
    SHARED = "Shared"
    EXTERNAL = "External"


class EvictionPolicy(StrEnum):
    """What goes when the memory is full (Valkey's maxmemory-policy)."""

    ALLKEYS_LRU = "allkeys-lru"
    ALLKEYS_LFU = "allkeys-lfu"
    VOLATILE_LRU = "volatile-lru"
    VOLATILE_TTL = "volatile-ttl"
    NOEVICTION = "noeviction"


class RedisEndpoint(Model):
    """A Redis or Valkey that runs elsewhere."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 6379
    tls: bool = False
    cluster: bool = False
    """Cluster mode: the address is a configuration endpoint, and there is database 0 only."""


class RedisEnvironment(Model):
    """Names of the variables that pods receive."""

    url: VariableName = "REDIS_URL"
    reader_url: VariableName = "REDIS_READER_URL"
    """The reader endpoint's; the same as `url` where there is none."""
    password: VariableName = "REDIS_PASSWORD"  # noqa: S105 - a variable's name
    cluster: VariableName = "REDIS_CLUSTER"
    """`true` in cluster mode, which takes another client class."""


class RedisExporter(Model):
    """redis_exporter beside the cache: hit ratio and evictions."""

    image: Annotated[str, Field(min_length=1)] = "oliver006/redis_exporter:v1.80.1-alpine"


class Redis(Model):
    """The cache of the service."""

    model_config = rules(
        ("self.mode != 'External' || has(self.endpoint)", _ENDPOINT_NEEDED),
        (
            (
                "self.mode == 'External' || (!has(self.endpoint) && !has(self.readerEndpoint) "
                "&& !has(self.secretRef))"
            ),
            _ENDPOINT_UNUSED,
        ),
        ("!self.countedBeforeCache || has(self.exporter)", _EXPORTER_NEEDED),
    )

    mode: RedisMode = RedisMode.SIDECAR
    """`Sidecar`: one in each pod. `Shared`: one for all pods, which survives scaling."""
    memory: Quantity = "256Mi"
    """Memory limit of a Sidecar or Shared cache; Valkey itself may use three quarters of it."""
    policy: EvictionPolicy = EvictionPolicy.ALLKEYS_LRU
    """What a Sidecar or Shared cache drops when it is full."""
    image: Annotated[str, Field(min_length=1)] = "valkey/valkey:8.1-alpine"
    exporter: RedisExporter | None = None
    """Export a Sidecar's or Shared cache's own metrics, on port 9121."""
    counted_before_cache: bool = False
    """Requests that the cache answers are in the request rate, and not in the service time.

    Then the models see the requests times the share of misses. Not for a server that times all
    its requests: there the mean service time has the hits in it already.
    """
    endpoint: RedisEndpoint | None = None
    """With External."""
    reader_endpoint: RedisEndpoint | None = None
    """With External: read-only replicas."""
    secret_ref: SecretKey | None = None
    """Password or auth token of an External cache.

    In the URL as it is, so without `@`, `/`, `%`, `?`, `#`, `[` and `]`.
    """
    environment: RedisEnvironment = RedisEnvironment()

    @model_validator(mode="after")
    def _endpoint_as_the_mode_needs_it(self) -> Self:
        """The CRD's rules, for files that no API server has seen."""
        if self.counted_before_cache and self.exporter is None:
            raise ValueError(_EXPORTER_NEEDED)
        if self.mode is RedisMode.EXTERNAL:
            if self.endpoint is None:
                raise ValueError(_ENDPOINT_NEEDED)
        elif self.endpoint or self.reader_endpoint or self.secret_ref:
            raise ValueError(_ENDPOINT_UNUSED)
        return self


class Cache(Model):
    """Caches of the service."""

    redis: Redis | None = None
