"""What Prometheus has recorded of services' request rates: what their seasons are learned from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import floor

from bytebridge.signals import promql
from bytebridge.signals.connection import Span
from bytebridge.signals.dealing import Key, index_of, value_of
from bytebridge.signals.history import by_tick
from bytebridge.signals.past import MOST_POINTS, Past, parts
from bytebridge.signals.presets import PRESETS, Origin, own_label, pods_matching
from bytebridge.signals.queries import Query, SignalTarget, request_rate_override
from bytebridge.signals.unknown import Why

PAST_SECONDS = 15 * 86_400.0
"""Prometheus' own default retention; a week is believed once two have been seen."""
ANSWER_POINTS = 50_000
"""Of all series: some 2 MB."""

Points = list[tuple[float, float]]
"""Time in seconds, and mean rate in requests a second; oldest first."""


def past_rate_query(target: SignalTarget, deployment: str, window_seconds: int) -> Query | None:
    """The request rate over a window, also of pods from before the operator came.

    Args:
        target: The service.
        deployment: Whose pods they are.
        window_seconds: Of the rate.

    Returns:
        `None` where no rate is exported.
    """
    if query := request_rate_override(target, window_seconds):
        return query
    names = PRESETS.get(target.metrics.preset)
    if names is None:
        return None
    # Of this service alone: an answer with all services of the cluster would be read for each.
    if not names.origin.of_pods:
        origin = _narrowed(names.origin, target)
        return Query(promql.rate(names.requests, origin, window_seconds), origin.match)
    labelled = pods_matching(own_label(target.namespace, target.name))
    texts = (
        promql.rate(names.requests, origin, window_seconds)
        for origin in (labelled, _pods_of(target.namespace, deployment))
    )
    return Query(" or ".join(texts), match=(), for_service=target.key)


def _pods_of(namespace: str, deployment: str) -> Origin:
    """By their names: a Deployment's, a ReplicaSet's hash, and five letters."""
    pattern = f"{deployment}-[a-z0-9]+-[a-z0-9]{{5}}"
    return pods_matching(f'namespace="{namespace}", pod=~"{pattern}"')


def _narrowed(origin: Origin, target: SignalTarget) -> Origin:
    values = zip(origin.match, target.identity(origin.match), strict=True)
    return replace(origin, matchers=", ".join(f'{label}="{value}"' for label, value in values))


def past_span(present: float, offset: float, step: float) -> Span:
    """The ends of all whole intervals of the past.

    Args:
        present: On the reader's clock, seconds.
        offset: From the reader's clock to Prometheus', seconds.
        step: Length of an interval; they begin at whole multiples of it on the reader's clock.
    """
    last = floor(present / step)
    return Span((last - PAST_SECONDS // step) * step + offset, last * step + offset, step)


async def read_past_rates(
    past: Past, query: Query, targets: Sequence[SignalTarget], span: Span, series: int
) -> Mapping[Key, Points]:
    """The recorded rates of services that share a query.

    Args:
        past: Of this Prometheus.
        query: Of the rate.
        targets: The services.
        span: Ends of the intervals, Unix seconds.
        series: How many an answer may have.

    Returns:
        By service: the ends of intervals in which the rate is known, and the rates.

    Raises:
        ValueError: Prometheus refuses the query.
        HistoryError: It does not answer.
    """
    found: dict[Key, Points] = {target.key: [] for target in targets}
    for part in parts(span, min(MOST_POINTS, max(1, ANSWER_POINTS // series))):
        matrix = await past.ask(query.text, part)
        for number, answers in enumerate(by_tick({query: matrix}, part)):
            index = index_of(query, answers.get(query, ()))
            for target in targets:
                rate = value_of(query, index, target)
                if not isinstance(rate, Why):
                    found[target.key].append((part.start + number * part.step, rate))
    return found
