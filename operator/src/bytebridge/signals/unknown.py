"""Why a signal is unknown, in words that say what to check."""

from collections.abc import Mapping
from enum import StrEnum

from bytebridge.api.metrics import BROKERS, Preset
from bytebridge.signals.presets import PODS, PRESETS, Histogram
from bytebridge.signals.queries import Query, Signal, SignalTarget, fast_window


class Why(StrEnum):
    """Reasons, the most telling first."""

    QUERY_FAILED = "query failed"
    NO_SERIES = "no series"
    STALE = "stale"
    SEVERAL_SERIES = "several series"
    NOT_A_NUMBER = "not a number"
    NOT_EXPORTED = "not exported"


Unknown = Mapping[Signal, tuple[Why, Query]]

_SPEC_NAMES = {
    "requests_per_second": "requestRate",
    "queue_depth": "queueDepth",
    "in_flight": "inFlight",
    "latency_p95_seconds": "latency",
    "latency_mean_seconds": "latencyMean",
    "service_seconds": "serviceTime",
    "cpu_utilization": "cpuUtilization",
    "first_token_seconds": "timeToFirstToken",
    "kv_cache_utilization": "kvCacheUtilization",
    "tokens_per_second": "tokenRate",
}


def explain(unknown: Unknown, failures: Mapping[Query, str], target: SignalTarget) -> str:
    """One sentence a reason: which signals, by their names in `spec.metrics.queries`, and the mend.

    Args:
        unknown: Signals of one service that are asked for and have no value.
        failures: Why queries failed.
        target: The service.
    """
    fields: dict[tuple[Why, str], dict[str, None]] = {}
    for signal, (why, query) in unknown.items():
        name = _SPEC_NAMES.get(signal.field)
        if name:
            mend = failures[query] if why is Why.QUERY_FAILED else _mend(why, query, target)
            fields.setdefault((why, mend), {})[name] = None
    order = list(Why)
    sentences = (
        f"{', '.join(names)}: {why.value}: {mend}"
        for (why, mend), names in sorted(fields.items(), key=lambda item: order.index(item[0][0]))
    )
    return "; ".join(sentences)


def _mend(why: Why, query: Query, target: SignalTarget) -> str:
    metrics = target.metrics
    match why:
        case Why.STALE:
            return (
                f"fewer samples than needed in the last {fast_window(metrics)} s; check that the "
                f"target is up and scraped every {metrics.scrape_interval_seconds} s "
                "(spec.metrics.scrapeIntervalSeconds)"
            )
        case Why.NOT_A_NUMBER:
            return "NaN, infinite or negative, as a mean is when no request came"
        case Why.NOT_EXPORTED:
            return "other series of the preset are there; check the server's version and settings"
        case Why.SEVERAL_SERIES if query.custom:
            return "aggregate the query to one series a service"
        case Why.SEVERAL_SERIES:
            return "the queue name exists more than once; use spec.metrics.queries to tell which"
        case _:
            return _mend_absence(query, target)


def _mend_absence(query: Query, target: SignalTarget) -> str:
    if query.for_service is not None:
        return "the query of spec.metrics.queries returns nothing; run it in Prometheus"
    if query.match == PODS.match:
        where = "labels namespace and scaling_bytebridge_io_service"
        if query.custom:
            return f"the query of spec.metrics.queries returns none with the {where} of the service"
        return (
            "check that Prometheus scrapes the pods and that the series carry the "
            f"{where} (PodMonitor), and that spec.metrics.preset ({target.metrics.preset.value}) "
            "is what they run"
        )
    values = zip(query.match, target.identity(query.match), strict=True)
    labels = ", ".join(f'{label}="{value}"' for label, value in values)
    return f"none with {labels}; check spec.metrics and that Prometheus scrapes the exporter"


def never_known(preset: Preset) -> tuple[str, ...]:
    """Signals that a preset cannot give, by their names in `spec.metrics.queries`."""
    if preset is Preset.CUSTOM:
        return ()
    names = PRESETS[preset]
    given = {
        "requestRate": bool(names.requests),
        "queueDepth": bool(names.queue),
        "inFlight": bool(names.in_flight),
        "latency": isinstance(names.latency, Histogram),
        "latencyMean": names.latency is not None,
        "serviceTime": names.service is not None,
        "cpuUtilization": False,
        "timeToFirstToken": names.first_token is not None,
        "kvCacheUtilization": bool(names.kv_cache),
        "tokenRate": bool(names.tokens),
        "coverage": preset not in BROKERS,
    }
    return tuple(name for name, known in given.items() if not known)
