"""From the answers of Prometheus to the readings of each service."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from bytebridge.api.metrics import BROKERS, Preset
from bytebridge.scaling.observation import Readings
from bytebridge.signals.presets import PODS, PRESETS
from bytebridge.signals.queries import PRESENT, Plan, Query, Signal, SignalTarget
from bytebridge.signals.unknown import Why, explain

Key = tuple[str, str]
Vector = list[dict[str, Any]]
_PRESENT = Signal(PRESENT)
Index = Mapping[tuple[str, ...], list[tuple[str, float | None]]]
"""By the values of the labels that match: namespace and value of each series."""


@dataclass(frozen=True, slots=True)
class SignalReport:
    """What one tick learned."""

    readings: Mapping[Key, Readings]
    explanations: Mapping[Key, str] = field(default_factory=dict)
    """By service: which of its signals are unknown, and why."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """By query: why it failed."""
    queries_sent: int = 0


def deal(
    plan: Plan,
    answers: Mapping[Query, Vector],
    failures: Mapping[Query, str],
    targets: Mapping[Key, SignalTarget],
) -> tuple[dict[Key, Readings], dict[Key, str]]:
    """Give each service its values; what is missing, NaN or infinite stays unknown.

    Returns:
        Readings, and explanations of what is unknown, by service.
    """
    values: dict[Key, dict[Signal, float]] = {key: {} for key in targets}
    unknown: dict[Key, dict[Signal, tuple[Why, Query]]] = {key: {} for key in targets}
    for query, wanted in plan.items():
        index = index_of(query, answers.get(query, []))
        for key, signals in wanted.items():
            found = Why.QUERY_FAILED if query in failures else value_of(query, index, targets[key])
            for signal in signals:
                if isinstance(found, Why):
                    unknown[key][signal] = found, query
                else:
                    values[key][signal] = found
    readings = {key: _readings(values[key], target) for key, target in targets.items()}
    explanations = {}
    for key, target in targets.items():
        because = _refined(unknown[key], values[key], target)
        if text := explain(because, failures, target):
            explanations[key] = text
    return readings, explanations


def value_of(query: Query, index: Index, target: SignalTarget) -> float | Why:
    """The one known value of a service in a result, or why there is none."""
    if query.for_service is not None:
        found = [element for elements in index.values() for element in elements]
    else:
        found = index.get(target.identity(query.match), [])
        own = [element for element in found if element[0] == target.namespace]
        # A broker may live in any namespace, but the service's own goes first; pods do not move.
        found = own if own or query.match == PODS.match else found
    if not found:
        return Why.NO_SERIES
    if len(found) > 1:
        # Which of them is meant, nobody can know.
        return Why.SEVERAL_SERIES
    value = found[0][1]
    return Why.NOT_A_NUMBER if value is None else value


def index_of(query: Query, vector: Iterable[dict[str, Any]]) -> Index:
    """A result by the services that its series may belong to."""
    index: dict[tuple[str, ...], list[tuple[str, float | None]]] = {}
    for element in vector:
        labels = element.get("metric", {})
        if query.for_service is None and not all(label in labels for label in query.match):
            continue
        identity = tuple(labels.get(label, "") for label in query.match)
        index.setdefault(identity, []).append((labels.get("namespace", ""), known_value(element)))
    return index


def only_value(vector: Vector) -> float | None:
    """The value of a result of one series; unknown if there are none or several."""
    return known_value(vector[0]) if len(vector) == 1 else None


def known_value(element: Mapping[str, Any]) -> float | None:
    """The value of a series; `None` if it is no finite number that is not negative."""
    try:
        value = float(element["value"][1])
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return value if isfinite(value) and value >= 0 else None


def _refined(
    unknown: Mapping[Signal, tuple[Why, Query]], known: Mapping[Signal, float], target: SignalTarget
) -> dict[Signal, tuple[Why, Query]]:
    """Tell series that are gone from those that are late, and from those that never were."""
    if _PRESENT not in known:
        return dict(unknown)
    main = "queue_depth" if target.metrics.preset in BROKERS else "requests_per_second"
    absent = Why.NOT_EXPORTED if any(signal.field == main for signal in known) else Why.STALE
    return {
        signal: (absent if why is Why.NO_SERIES and not query.custom else why, query)
        for signal, (why, query) in unknown.items()
    }


def _readings(values: Mapping[Signal, float], target: SignalTarget) -> Readings:
    rates = {float(signal.window): value for signal, value in values.items() if signal.window}
    fields: dict[str, Any] = {
        signal.field: value
        for signal, value in values.items()
        if not signal.window and signal.field != PRESENT
    }
    coverage = _coverage(fields.pop("coverage", None), target, known=bool(rates))
    known = _completions(target) if rates else None
    return Readings(requests_per_second=rates, completions=known, coverage=coverage, **fields)


def _completions(target: SignalTarget) -> bool | None:
    """What the preset's counter counts; a person's own query may count anything."""
    metrics = target.metrics
    if metrics.preset is Preset.CUSTOM or metrics.queries.request_rate:
        return None
    return PRESETS[metrics.preset].completions


def _coverage(pods: float | None, target: SignalTarget, *, known: bool) -> float | None:
    """Share of the ready replicas that are seen; 0 while rates only decay after the last scrape."""
    metrics = target.metrics
    asked = metrics.preset not in {*BROKERS, Preset.CUSTOM} and not metrics.queries.request_rate
    if not asked or target.ready_replicas == 0 or pods == 0:
        return None
    if pods is None:
        return 0.0 if known else None
    return min(1.0, pods / target.ready_replicas)
