"""Targets and results in the shape of Prometheus' answers."""

from typing import Any

from bytebridge.api.metrics import BROKERS, Metrics, Preset, Queries
from bytebridge.signals.connection import Span
from bytebridge.signals.dealing import Vector
from bytebridge.signals.queries import SignalTarget

PRESETS = tuple(preset for preset in Preset if preset is not Preset.CUSTOM)


def metrics(preset: Preset, queue: str = "jobs", queries: Queries | None = None) -> Metrics:
    return Metrics(
        preset=preset,
        queue_name=queue if preset in BROKERS else None,
        consumer_group="workers" if preset is Preset.REDIS_STREAM else None,
        queries=queries or Queries(),
    )


def target(name: str, of: Metrics, namespace: str = "n", ready: int = 1) -> SignalTarget:
    return SignalTarget(namespace, name, of, 0.95, ready)


def custom(name: str, **queries: str) -> SignalTarget:
    return target(name, Metrics(preset=Preset.CUSTOM, queries=Queries.model_validate(queries)))


def series(value: Any, namespace: str = "n", **labels: str) -> dict[str, Any]:
    return {"metric": {"namespace": namespace, **labels}, "value": [0, value]}


def of(service: SignalTarget, match: tuple[str, ...], value: Any) -> Vector:
    """The result that a query of this service's preset would have."""
    labels = dict(zip(match, service.identity(match), strict=True))
    return [series(value, service.namespace, **labels)]


class Refusing:
    """A Prometheus that takes so many points at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.asked: list[Span] = []

    async def __call__(self, *arguments: object) -> Vector:
        span = arguments[-1]
        assert isinstance(span, Span)
        if span.points > self.most:
            raise ValueError("query processing would load too many samples into memory")
        self.asked.append(span)
        points = [span.start + n * span.step for n in range(span.points)]
        return [{"metric": {}, "values": [[point, "1"] for point in points]}]
