"""What Prometheus has recorded of services' request rates: what their seasons are learned from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import floor

from bytebridge.api.names import SERVICE_SERIES_LABEL
from bytebridge.api.service import ScalableService
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.seasonal import BUCKETS_A_DAY, DAY_SECONDS
from bytebridge.signals import promql
from bytebridge.signals.connection import Span
from bytebridge.signals.dealing import Key, index_of, value_of
from bytebridge.signals.history import by_tick
from bytebridge.signals.past import MOST_POINTS, Past, parts
from bytebridge.signals.presets import PRESETS, Origin, own_label, pods_matching
from bytebridge.signals.queries import Query, SignalTarget, request_rate_override
from bytebridge.signals.unknown import Why

BUCKET_SECONDS = DAY_SECONDS / BUCKETS_A_DAY
PAST_SECONDS = 15 * 86_400.0
"""Prometheus' own default retention; a week is believed once two have been seen."""
ANSWER_POINTS = 50_000
"""Of all series: some 2 MB."""

Points = Sequence[tuple[float, float]]
"""Middle of a bucket on the reader's clock, seconds, and mean rate, requests a second."""


def asked_of_the_past(
    service: ScalableService, policy: Policy, matchers: str = ""
) -> tuple[Query, SignalTarget] | None:
    """What a service's season is learned from; `None`: it has none, or that is not known.

    Args:
        service: Whose season it is.
        policy: Its spec, compiled.
        matchers: Label matchers of its pods' series; empty: by our label, and by pods' names.
    """
    redis = service.spec.cache.redis
    if redis is not None and redis.counted_before_cache:
        return None  # What share of the requests the cache answered then, nobody has recorded.
    if not policy.interactive:
        return None
    key = (service.metadata.namespace, service.metadata.name)
    target = SignalTarget(*key, service.spec.metrics, policy.percentile, 0, matchers=matchers)
    query = past_rate_query(target, service.target_name, round(BUCKET_SECONDS))
    return None if query is None else (query, target)


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
    texts = (
        promql.rate(names.requests, origin, window_seconds)
        for origin in _origins_of_pods(target, deployment)
    )
    return Query(" or ".join(texts), match=(), for_service=target.key)


def _origins_of_pods(target: SignalTarget, deployment: str) -> tuple[Origin, ...]:
    """As is told; else by our label, or without one by the names of a Deployment's pods.

    These are the Deployment's, the hash of a ReplicaSet, and five letters.
    """
    if target.matchers:
        return (pods_matching(target.matchers),)
    namespace, name = target.key
    pattern = f"{deployment}-[a-z0-9]+-[a-z0-9]{{5}}"
    unlabelled = f'namespace="{namespace}", pod=~"{pattern}", {SERVICE_SERIES_LABEL}=""'
    return pods_matching(own_label(namespace, name)), pods_matching(unlabelled)


def _narrowed(origin: Origin, target: SignalTarget) -> Origin:
    values = zip(origin.match, target.identity(origin.match), strict=True)
    return replace(origin, matchers=", ".join(f'{label}="{value}"' for label, value in values))


def past_span(present: float, offset: float = 0.0) -> Span:
    """The ends of all buckets of the past.

    Args:
        present: On the reader's clock, seconds.
        offset: From the reader's clock to Prometheus', seconds.
    """
    last, step = floor(present / BUCKET_SECONDS), BUCKET_SECONDS
    return Span((last - PAST_SECONDS // step) * step + offset, last * step + offset, step)


async def read_past_rates(
    past: Past,
    query: Query,
    targets: Sequence[SignalTarget],
    present: float,
    offset: float = 0.0,
    series: int = 1,
) -> Mapping[Key, Points]:
    """The recorded rates of services that share a query.

    Args:
        past: Of this Prometheus.
        query: Of the rate.
        targets: The services.
        present: On the reader's clock, seconds.
        offset: From the reader's clock to Prometheus', seconds.
        series: How many an answer may have.

    Returns:
        By service: its points, oldest first, of those buckets in which the rate is known.

    Raises:
        ValueError: Prometheus refuses the query.
        HistoryError: It does not answer.
    """
    span = past_span(present, offset)
    found: dict[Key, list[tuple[float, float]]] = {target.key: [] for target in targets}
    for part in parts(span, min(MOST_POINTS, max(1, ANSWER_POINTS // series))):
        matrix = await past.ask(query.text, part)
        for number, answers in enumerate(by_tick({query: matrix}, part)):
            index = index_of(query, answers.get(query, ()))
            for target in targets:
                rate = value_of(query, index, target)
                if not isinstance(rate, Why):
                    end = part.start + number * part.step - offset
                    found[target.key].append((end - BUCKET_SECONDS / 2, rate))
    return found
