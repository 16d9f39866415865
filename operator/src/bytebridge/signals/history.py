"""What Prometheus has recorded of one service: the operator's own queries over a range."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from bytebridge.scaling.observation import Readings, Replicas
from bytebridge.signals import promql
from bytebridge.signals.connection import Span
from bytebridge.signals.dealing import Vector, deal
from bytebridge.signals.past import MOST_POINTS, HistoryError, Past, parts
from bytebridge.signals.presets import PRESETS, pods_matching
from bytebridge.signals.queries import Plan, Query, SignalTarget, fast_window, plan_queries

REQUESTS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class ReplicaQueries:
    """How the replicas are read: the first that is known."""

    desired: str
    ready: str
    counted: str | None
    """Pods by their series, where nobody exports the Deployment."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known at one tick."""

    time: float
    """Unix seconds."""
    readings: Readings
    replicas: Replicas | None


@dataclass(slots=True)
class History:
    """All ticks, oldest first, and what is missing from them."""

    moments: list[Moment] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    """By explanation: ticks in which signals were unknown."""
    failures: dict[str, str] = field(default_factory=dict)
    """By query: why Prometheus refused it."""


def replica_queries(target: SignalTarget, deployment: str, own: str | None) -> ReplicaQueries:
    """kube-state-metrics' figures of the Deployment; else pods by their series.

    Args:
        target: The service, with `matchers`.
        deployment: Name of its Deployment.
        own: PromQL of the user for the replicas, which goes before the rest.
    """
    if own:
        return ReplicaQueries(own, own, None)
    labels = f'{{namespace="{target.namespace}", deployment="{deployment}"}}'
    names = PRESETS.get(target.metrics.preset)
    counted = None
    if names is not None and names.origin.of_pods:
        origin = pods_matching(target.matchers)
        counted = promql.fresh_pods(names.requests, origin, fast_window(target.metrics))
    return ReplicaQueries(
        f"max(kube_deployment_spec_replicas{labels})",
        f"max(kube_deployment_status_replicas_ready{labels})",
        counted,
    )


async def read_history(
    past: Past,
    target: SignalTarget,
    replicas: ReplicaQueries,
    span: Span,
    done: Callable[[float], None],
) -> History:
    """Read all signals and the replicas at each point.

    Args:
        past: Of this Prometheus.
        target: The service.
        replicas: How its replicas are read.
        span: Which points.
        done: Told of the share that has been read, 0 to 1, now and then.

    Raises:
        HistoryError: Prometheus does not answer, or refuses everything.
    """
    history = History()
    plan = plan_queries([target])
    extra = [Query(text) for text in (replicas.desired, replicas.ready, replicas.counted) if text]
    queries = [*plan, *(query for query in dict.fromkeys(extra) if query not in plan)]
    for part in parts(span, MOST_POINTS):
        failures: dict[Query, str] = {}
        matrices = await _ask_all(past, queries, part, failures)
        if len(failures) == len(queries):
            raise HistoryError(f"{past.url}: {next(iter(failures.values()))}")
        history.failures |= {query.text: why for query, why in failures.items()}
        ticks = by_tick(matrices, part)
        for number, answers in enumerate(ticks):
            time = part.start + number * part.step
            moment = _moment(time, plan, answers, failures, (target, replicas), history.unknown)
            history.moments.append(moment)
        done((part.end - span.start) / max(span.step, span.end - span.start))
    return history


async def _ask_all(
    past: Past, queries: Sequence[Query], span: Span, failures: dict[Query, str]
) -> dict[Query, Vector]:
    answers: dict[Query, Vector] = {}

    async def one(query: Query) -> None:
        try:
            answers[query] = await past.ask(query.text, span)
        except ValueError as error:
            failures[query] = str(error)

    await asyncio.gather(*(one(query) for query in queries))
    return answers


def by_tick(matrices: Mapping[Query, Vector], span: Span) -> list[dict[Query, Vector]]:
    """Range results as the instant vectors that the operator would have been given."""
    ticks: list[dict[Query, Vector]] = [{} for _ in range(span.points)]
    for query, matrix in matrices.items():
        for series in matrix:
            metric = series.get("metric", {})
            for value in series.get("values", ()):
                number = round((float(value[0]) - span.start) / span.step)
                ticks[number].setdefault(query, []).append({"metric": metric, "value": value})
    return ticks


def _moment(
    time: float,
    plan: Plan,
    answers: Mapping[Query, Vector],
    failures: Mapping[Query, str],
    source: tuple[SignalTarget, ReplicaQueries],
    unknown: Counter[str],
) -> Moment:
    target, queries = source
    replicas = _replicas(queries, answers)
    target = replace(target, ready_replicas=replicas.ready if replicas else 0)
    readings, explanations = deal(plan, answers, failures, {target.key: target})
    unknown.update(explanations.values())
    return Moment(time, readings[target.key], replicas)


def _replicas(queries: ReplicaQueries, answers: Mapping[Query, Vector]) -> Replicas | None:
    desired, ready = (_single(text, answers) for text in (queries.desired, queries.ready))
    if desired is None and ready is None and queries.counted:
        desired = _single(queries.counted, answers)
    if desired is None:
        desired = ready
    if desired is None:
        return None
    serving = desired if ready is None else ready
    return Replicas(int(desired), int(serving), max(0, int(desired) - int(serving)))


def _single(text: str, answers: Mapping[Query, Vector]) -> float | None:
    found: list[Any] = answers.get(Query(text), [])
    if len(found) != 1:
        return None
    value = float(found[0]["value"][1])
    return value if isfinite(value) and value >= 0 else None
