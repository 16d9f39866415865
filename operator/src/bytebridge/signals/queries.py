"""From services to queries: one a signal for all services that share its text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import Template

from bytebridge.api.metrics import Metrics, Preset
from bytebridge.api.names import SERVICE_SERIES_LABEL
from bytebridge.signals.presets import PRESETS, Histogram, MetricNames

SLOW_WINDOW_SECONDS = 60
SHORTEST_FAST_WINDOW_SECONDS = 15
SCRAPES_PER_WINDOW = 3
"""rate() needs two samples; a third makes up for one that was missed."""

GROUPING = f"namespace, {SERVICE_SERIES_LABEL}"


@dataclass(frozen=True, slots=True)
class SignalTarget:
    """One service whose signals are wanted."""

    namespace: str
    name: str
    metrics: Metrics
    percentile: float
    """0 to 1."""
    ready_replicas: int

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Signal:
    """What a query measures: a field of `Readings`, and the window of a rate."""

    field: str
    window: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL text; `for_service` is set when its result belongs to that service alone."""

    text: str
    for_service: tuple[str, str] | None = None


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
    if target.metrics.preset is not Preset.CUSTOM:
        names = PRESETS[target.metrics.preset]
        queries = {signal: Query(text) for signal, text in _preset_texts(names, target) if text}
    for signal, template in _override_texts(target.metrics):
        queries[signal] = _fill(template, signal.window or slow_window(target.metrics), target)
    yield from queries.items()


def _preset_texts(names: MetricNames, target: SignalTarget) -> Iterator[tuple[Signal, str | None]]:
    fast, slow = fast_window(target.metrics), slow_window(target.metrics)
    # irate(): between the last two scrapes, the first that a step shows in full. It would go on to
    # return what a pod that is gone had last, so only series that still exist are taken.
    newest = Signal("requests_per_second", target.metrics.scrape_interval_seconds)
    last = f"irate({names.requests}[{fast}s]) and {names.requests}"
    yield newest, f"sum by ({GROUPING}) ({last})"
    for window in (fast, slow):
        text = f"sum by ({GROUPING}) (rate({names.requests}[{window}s]))"
        yield Signal("requests_per_second", window), text
    yield Signal("queue_depth"), _gauge(names.queue, fast)
    yield Signal("in_flight"), _gauge(names.in_flight, fast)
    yield Signal("latency_p95_seconds"), _quantile(names.latency, target.percentile, slow)
    yield Signal("latency_mean_seconds"), _mean(names.latency, slow)
    yield Signal("service_seconds"), _mean(names.service, slow)
    yield Signal("coverage"), _fresh_pods(names.requests, fast)


def _gauge(name: str | None, window: int) -> str | None:
    """A gauge that is fresh: without the window Prometheus returns samples up to 5 minutes old."""
    return f"sum by ({GROUPING}) (last_over_time({name}[{window}s]))" if name else None


def _quantile(histogram: Histogram | None, percentile: float, window: int) -> str | None:
    if histogram is None:
        return None
    buckets = f"sum by ({GROUPING}, le) (rate({histogram.name}_bucket[{window}s]))"
    return f"histogram_quantile({percentile:g}, {buckets})"


def _mean(histogram: Histogram | None, window: int) -> str | None:
    if histogram is None:
        return None
    total, count = (
        f"sum by ({GROUPING}) (rate({histogram.name}_{part}[{window}s]))"
        for part in ("sum", "count")
    )
    return f"{total} / {count}"


def _fresh_pods(name: str, window: int) -> str:
    """Absent where series carry no pod, as those of one exporter for a whole service do."""
    pods = f'count by ({GROUPING}, pod) (last_over_time({name}{{pod!=""}}[{window}s]))'
    return f"count by ({GROUPING}) ({pods})"


def _override_texts(metrics: Metrics) -> Iterator[tuple[Signal, str]]:
    queries = metrics.queries
    if queries.request_rate:
        for window in (fast_window(metrics), slow_window(metrics)):
            yield Signal("requests_per_second", window), queries.request_rate
    given = {
        "queue_depth": queries.queue_depth,
        "in_flight": queries.in_flight,
        "latency_p95_seconds": queries.latency,
        "latency_mean_seconds": queries.latency_mean,
        "service_seconds": queries.service_time,
        "cpu_utilization": queries.cpu_utilization,
    }
    for field, text in given.items():
        if text:
            yield Signal(field), text


def _fill(template: str, window: int, target: SignalTarget) -> Query:
    """A text that names its service belongs to it; any other is shared and dealt by labels."""
    values = {"namespace": target.namespace, "service": target.name, "window": f"{window}s"}
    text = Template(template).safe_substitute(values)
    shared = Template(template).safe_substitute(window=f"{window}s") == text
    return Query(text, None if shared else target.key)
