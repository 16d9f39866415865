"""Settings of the service, from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How one process serves."""

    model: Path
    port: int = 8080
    slots: int = 1
    """Inferences at once."""
    queue_limit: int = 64
    """Requests that may wait for a slot; the next is refused with 503."""
    drain_seconds: float = 5.0
    """Requests are still taken for this long after SIGTERM, while the address is withdrawn."""
    redis_url: str | None = None
    cache_seconds: int = 300
    database_url: str | None = None
    pool_size: int = 1
    """Connections to the database."""


def read_settings(environment: Mapping[str, str]) -> ServiceSettings:
    """Settings from environment variables; those of caches and databases are the operator's.

    Raises:
        ValueError: MODEL is not set, or a value is no number.
    """
    model = environment.get("MODEL")
    if not model:
        raise ValueError("MODEL: expected the path of a trained model; set it")
    return ServiceSettings(
        model=Path(model),
        port=int(environment.get("PORT", "8080")),
        slots=int(environment.get("SLOTS", "1")),
        queue_limit=int(environment.get("QUEUE_LIMIT", "64")),
        drain_seconds=float(environment.get("DRAIN_SECONDS", "5")),
        redis_url=environment.get("REDIS_URL"),
        cache_seconds=int(environment.get("CACHE_SECONDS", "300")),
        database_url=environment.get("DATABASE_URL"),
        pool_size=int(environment.get("DB_POOL_SIZE", "1")),
    )
