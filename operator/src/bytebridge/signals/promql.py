"""PromQL of a preset's signals: one text for all its services."""

from collections.abc import Iterable, Sequence

from bytebridge.signals.presets import Duration, DurationCounter, Histogram, Names, Origin

PRESENT_WINDOW_SECONDS = 300
"""Prometheus' own lookback: what was seen within it, but not lately, is stale."""


def rate(names: Names, origin: Origin, window: int) -> str:
    """Requests a second over a window."""
    return _first_that_counts(
        [_total(f"rate({origin.selector(name)}[{window}s])", origin) for name in names]
    )


def newest_rate(names: Names, origin: Origin, window: int) -> str:
    """Requests a second between the last two scrapes: the first that shows a step in full.

    irate() would go on to return what a pod that is gone had last, so only series that still exist
    are taken.
    """
    series = (origin.selector(name) for name in names)
    return _first_that_counts(
        [_total(f"irate({one}[{window}s]) and {one}", origin) for one in series]
    )


def gauge(names: Names, origin: Origin, window: int) -> str:
    """A gauge that is fresh: without the window Prometheus returns samples up to 5 minutes old."""
    series = (origin.selector(name) for name in names)
    return _first(_total(f"last_over_time({one}[{window}s])", origin) for one in series)


def mean_gauge(names: Names, origin: Origin, window: int) -> str:
    """A fresh gauge's mean over the pods."""
    labels = ", ".join(origin.grouping)
    series = (origin.selector(name) for name in names)
    return _first(f"avg by ({labels}) (last_over_time({one}[{window}s]))" for one in series)


def quantile_of_pods(names: Names, origin: Origin, share: float, window: int) -> str:
    """A fresh gauge at the pod that a share of the pods is below.

    A pod may have several series, one a route.
    """
    labels = ", ".join(origin.grouping)
    series = (origin.selector(name, 'pod!=""') for name in names)
    return _first(
        f"quantile by ({labels}) ({share:g}, "
        f"sum by ({labels}, pod) (last_over_time({one}[{window}s]) and {one}))"
        for one in series
    )


def sum_of_rates(counters: Iterable[Names], origin: Origin, window: int) -> str:
    """Several counters together; unknown where one of them is."""
    return " + ".join(f"({rate(names, origin, window)})" for names in counters)


def quantile(duration: Duration, origin: Origin, percentile: float, window: int) -> str | None:
    """Seconds at a percentile; nothing where there are no buckets."""
    if not isinstance(duration, Histogram):
        return None
    buckets = (origin.selector(f"{name}_bucket") for name in duration.names)
    return _first(
        _scaled(
            f"histogram_quantile({percentile:g}, "
            f"{_total(f'rate({series}[{window}s])', origin, 'le')})",
            duration.unit_seconds,
        )
        for series in buckets
    )


def mean(duration: Duration, origin: Origin, window: int) -> str:
    """Seconds on average."""

    def growth(name: str) -> str:
        return _total(f"rate({origin.selector(name)}[{window}s])", origin)

    if isinstance(duration, DurationCounter):
        total = growth(duration.total)
        if duration.without:
            total = f"({total} - {growth(duration.without)})"
        return _scaled(f"{total} / {growth(duration.per)}", duration.unit_seconds)
    return _first(
        _scaled(f"{growth(f'{name}_sum')} / {growth(f'{name}_count')}", duration.unit_seconds)
        for name in duration.names
    )


def fresh_pods(names: Names, origin: Origin, window: int) -> str | None:
    """Pods whose last scrape succeeded; 0 where series carry no pod, as those of an exporter do.

    A window alone would count pods for as long as it reaches back, while their rates decay: a
    failed scrape ends a series at once, and only what has not ended is taken.
    """
    if not origin.of_pods:
        return None
    labels = ", ".join(origin.grouping)

    def pods(name: str) -> str:
        series, named = origin.selector(name), origin.selector(name, 'pod!=""')
        fresh = f"last_over_time({series}[{window}s]) and {series}"
        by_pod = f"count by ({labels}, pod) (({fresh}) and {named})"
        return f"(count by ({labels}) ({by_pod}) or 0 * group by ({labels}) ({fresh}))"

    return _first(pods(name) for name in names)


def present(names: Names, origin: Origin) -> str:
    """Whether there were series of late, fresh or not."""
    labels = ", ".join(origin.grouping)
    return _first(
        f"group by ({labels}) (last_over_time({origin.selector(name)}[{PRESENT_WINDOW_SECONDS}s]))"
        for name in names
    )


def _total(series: str, origin: Origin, *more: str) -> str:
    labels = ", ".join((*origin.grouping, *more))
    if not origin.replicated:
        return f"sum by ({labels}) ({series})"
    return f"max by ({labels}) (sum by ({labels}, instance) ({series}))"


def _scaled(text: str, unit_seconds: float) -> str:
    return text if unit_seconds == 1.0 else f"{unit_seconds:g} * {text}"


def _first(texts: Iterable[str]) -> str:
    return " or ".join(texts)


def _first_that_counts(rates: Sequence[str]) -> str:
    """The first that is not 0: a server exports counters of what it never does as well."""
    *sooner, last = rates
    return _first([*(f"({one} > 0)" for one in sooner), last, *sooner])
