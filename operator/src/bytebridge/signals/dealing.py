"""From the answers of Prometheus to the readings of each service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from bytebridge.api.names import SERVICE_SERIES_LABEL
from bytebridge.scaling.observation import Readings
from bytebridge.signals.queries import Plan, Query, SignalTarget

Key = tuple[str, str]
Vector = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SignalReport:
    """What one tick learned."""

    readings: Mapping[Key, Readings]
    errors: Mapping[str, str] = field(default_factory=dict)
    """By query: why it failed."""
    queries_sent: int = 0


def deal(
    plan: Plan, answers: Mapping[Query, Vector], targets: Mapping[Key, SignalTarget]
) -> dict[Key, Readings]:
    """Give each service its values; what is missing, NaN or infinite stays unknown."""
    rates: dict[Key, dict[float, float]] = {key: {} for key in targets}
    fields: dict[Key, dict[str, float]] = {key: {} for key in targets}
    for query, wanted in plan.items():
        values = values_by_service(query, answers.get(query, []))
        for key, signals in wanted.items():
            value = values.get(key)
            if value is None:
                continue
            for signal in signals:
                if signal.window:
                    rates[key][float(signal.window)] = value
                else:
                    fields[key][signal.field] = value
    return {key: _readings(rates[key], fields[key], target) for key, target in targets.items()}


def values_by_service(query: Query, vector: Vector) -> dict[Key, float]:
    """Known values of a result by service."""
    if query.for_service is not None:
        if len(vector) != 1:
            return {}
        value = _known(vector[0])
        return {} if value is None else {query.for_service: value}
    seen: dict[Key, list[float | None]] = {}
    for element in vector:
        labels = element["metric"]
        if SERVICE_SERIES_LABEL in labels:
            key = (labels.get("namespace", ""), labels[SERVICE_SERIES_LABEL])
            seen.setdefault(key, []).append(_known(element))
    # Several series for one service: which of them is meant, nobody can know.
    return {
        key: values[0] for key, values in seen.items() if len(values) == 1 and values[0] is not None
    }


def _known(element: Mapping[str, Any]) -> float | None:
    try:
        value = float(element["value"][1])
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return value if isfinite(value) and value >= 0 else None


def _readings(
    rates: Mapping[float, float], fields: dict[str, float], target: SignalTarget
) -> Readings:
    pods = fields.pop("coverage", None)
    coverage = None
    if pods is not None and target.ready_replicas > 0:
        coverage = min(1.0, pods / target.ready_replicas)
    return Readings(requests_per_second=rates, coverage=coverage, **fields)
