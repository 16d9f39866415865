"""From services to queries: one a signal for all services that share its text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from string import Template

from bytebridge.api.metrics import Metrics, Preset
from bytebridge.api.names import SERVICE_SERIES_LABEL
from bytebridge.signals import promql
from bytebridge.signals.presets import PODS, PRESETS, MetricNames, pods_matching

SLOW_WINDOW_SECONDS = 60
SHORTEST_FAST_WINDOW_SECONDS = 15
SCRAPES_PER_WINDOW = 3
"""rate() needs two samples; a third makes up for one that was missed."""

ON_DEMAND = frozenset({"first_token_seconds", "kv_cache_utilization", "tokens_per_second"})
"""Signals that are asked for only where an objective needs them."""
FEW_SHARE = 0.1
"""Of the replicas: if as many have a free slot, not all are busy. Pods of before do not hide it,
and one that is just new, or cut off, does not stand for all."""
PRESENT = "present"
"""Not a reading: whether series exist at all."""


@dataclass(frozen=True, slots=True)
class SignalTarget:
    """One service whose signals are wanted."""

    namespace: str
    name: str
    metrics: Metrics
    percentile: float
    """0 to 1."""
    ready_replicas: int
    objectives: frozenset[str] = frozenset()
    """Fields of `Readings` that only some objectives need: others are not asked for."""
    matchers: str = ""
    """Label matchers of a service that does not carry our label yet; of presets of pods only."""

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name

    def identity(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Values of these labels on the service's series."""
        values = {SERVICE_SERIES_LABEL: self.name, "group": self.metrics.consumer_group or ""}
        return tuple(values.get(label, self.metrics.queue_name or "") for label in labels)


@dataclass(frozen=True, slots=True)
class Signal:
    """What a query measures: a field of `Readings`, and the window of a rate."""

    field: str
    window: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL text and how its result is dealt."""

    text: str
    match: tuple[str, ...] = PODS.match
    """Labels that say to which service a series belongs."""
    for_service: tuple[str, str] | None = None
    """Set when the whole result belongs to that service alone."""
    custom: bool = False
    """Written by a user: its cost is unknown."""


Plan = dict[Query, dict[tuple[str, str], set[Signal]]]
"""Who wants which signal from which query."""


def plan_queries(targets: Sequence[SignalTarget]) -> Plan:
    """All queries of a tick; their number does not depend on that of preset services."""
    plan: Plan = {}
    for target in targets:
        for signal, query in _queries_of(target):
            plan.setdefault(query, {}).setdefault(target.key, set()).add(signal)
    return plan


def fast_window(metrics: Metrics) -> int:
    """Seconds of the fast window: it follows the scrape interval."""
    return max(SHORTEST_FAST_WINDOW_SECONDS, SCRAPES_PER_WINDOW * metrics.scrape_interval_seconds)


def slow_window(metrics: Metrics) -> int:
    """Seconds of the slow window."""
    return max(SLOW_WINDOW_SECONDS, 4 * fast_window(metrics))


def _queries_of(target: SignalTarget) -> Iterator[tuple[Signal, Query]]:
    queries: dict[Signal, Query] = {}
    overrides = dict(_override_queries(target))
    if target.metrics.preset is not Preset.CUSTOM:
        metrics, replaced = target.metrics, {signal.field for signal in overrides}
        if replaced & {"in_flight", "queue_depth"}:
            # The waiting are told, or what somebody else counts is not what the pods do.
            replaced |= {"in_flight_p10"}
        preset = _preset_queries(
            metrics.preset, metrics.scrape_interval_seconds, target.percentile, target.matchers
        )
        queries = {signal: query for signal, query in preset if signal.field not in replaced}
    queries |= overrides
    unwanted = ON_DEMAND - target.objectives
    yield from ((s, query) for s, query in queries.items() if s.field not in unwanted)


@lru_cache(maxsize=1_024)
def _preset_queries(
    preset: Preset, interval: int, percentile: float, matchers: str
) -> tuple[tuple[Signal, Query], ...]:
    """The same for all services that agree in these: built once, not once a service and tick."""
    names = PRESETS[preset]
    if matchers and names.origin.of_pods:
        names = replace(names, origin=pods_matching(matchers))
    texts = _preset_texts(
        names, Metrics.model_construct(scrape_interval_seconds=interval), percentile
    )
    return tuple((signal, Query(text, names.origin.match)) for signal, text in texts if text)


def _preset_texts(
    names: MetricNames, metrics: Metrics, percentile: float
) -> Iterator[tuple[Signal, str | None]]:
    origin, interval = names.origin, metrics.scrape_interval_seconds
    fast, slow = fast_window(metrics), slow_window(metrics)
    yield (
        Signal("requests_per_second", interval),
        promql.newest_rate(names.requests, origin, fast),
    )
    for window in (fast, slow):
        yield Signal("requests_per_second", window), promql.rate(names.requests, origin, window)
    yield Signal("queue_depth"), promql.gauge(names.queue, origin, fast)
    yield Signal("in_flight"), promql.gauge(names.in_flight, origin, fast)
    if not names.queue:
        few = promql.quantile_of_pods(names.in_flight, origin, FEW_SHARE, fast)
        yield Signal("in_flight_p10"), few
    if names.latency:
        p95 = promql.quantile(names.latency, origin, percentile, slow)
        yield Signal("latency_p95_seconds"), p95
        yield Signal("latency_mean_seconds"), promql.mean(names.latency, origin, slow)
    if names.service:
        yield Signal("service_seconds"), promql.mean(names.service, origin, slow)
        yield Signal("fast_service_seconds"), promql.mean(names.service, origin, fast)
    yield from _language_model_texts(names, percentile, fast, slow)
    yield Signal("coverage"), promql.fresh_pods(names.requests, origin, fast)
    # A broker's counters may be off while its gauges are on.
    known = names.requests if origin.of_pods else names.queue
    yield Signal(PRESENT), promql.present(known, origin)


def _language_model_texts(
    names: MetricNames, percentile: float, fast: int, slow: int
) -> Iterator[tuple[Signal, str | None]]:
    origin = names.origin
    if names.first_token:
        text = promql.quantile(names.first_token, origin, percentile, slow)
        yield Signal("first_token_seconds"), text
    yield Signal("kv_cache_utilization"), promql.mean_gauge(names.kv_cache, origin, fast)
    yield Signal("tokens_per_second"), promql.sum_of_rates(names.tokens, origin, slow)


def _override_queries(target: SignalTarget) -> Iterator[tuple[Signal, Query]]:
    queries = target.metrics.queries
    fast, slow = fast_window(target.metrics), slow_window(target.metrics)
    given = {
        Signal("requests_per_second", fast): (queries.request_rate, fast),
        Signal("requests_per_second", slow): (queries.request_rate, slow),
        Signal("queue_depth"): (queries.queue_depth, slow),
        Signal("in_flight"): (queries.in_flight, slow),
        Signal("latency_p95_seconds"): (queries.latency, slow),
        Signal("latency_mean_seconds"): (queries.latency_mean, slow),
        Signal("service_seconds"): (queries.service_time, slow),
        Signal("fast_service_seconds"): (queries.service_time, fast),
        Signal("cpu_utilization"): (queries.cpu_utilization, slow),
        Signal("first_token_seconds"): (queries.time_to_first_token, slow),
        Signal("kv_cache_utilization"): (queries.kv_cache_utilization, slow),
        Signal("tokens_per_second"): (queries.token_rate, slow),
    }
    for signal, (template, window) in given.items():
        if template:
            yield signal, _fill(template, window, target)


def request_rate_override(target: SignalTarget, window: int) -> Query | None:
    """The user's own query of the request rate over a window; `None`: there is none."""
    template = target.metrics.queries.request_rate
    return _fill(template, window, target) if template else None


def _fill(template: str, window: int, target: SignalTarget) -> Query:
    """A text that names its service belongs to it; any other is shared and dealt by labels."""
    values = {"namespace": target.namespace, "service": target.name, "window": f"{window}s"}
    text = Template(template).safe_substitute(values)
    shared = Template(template).safe_substitute(window=f"{window}s") == text
    return Query(text, for_service=None if shared else target.key, custom=True)
