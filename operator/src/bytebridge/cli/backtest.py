"""`bytebridge backtest`: what the operator would have done, from what Prometheus has recorded."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bytebridge.cli.prometheus_options import CaFile, PasswordFile, Tenant, TokenFile, Username
from bytebridge.cli.service_file import load_service

if TYPE_CHECKING:
    from bytebridge.api.service import ScalableService
    from bytebridge.backtest.report import Backtest
    from bytebridge.scaling.policy import Policy
    from bytebridge.signals.connection import PrometheusConnection
    from bytebridge.signals.history import History, ReplicaQueries
    from bytebridge.signals.past import Past
    from bytebridge.signals.queries import Query, SignalTarget
    from bytebridge.signals.recorded_rates import Points

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
HEADROOM_SHARES = (0.5, 0.9, 0.95, 0.99)
SHOWN_REASONS = 3


def backtest(
    service: Annotated[Path, typer.Option(help="YAML file of the ScalableService.")],
    prometheus_url: Annotated[
        str, typer.Option("--prometheus", envvar="BYTEBRIDGE_PROMETHEUS_URL", help="Its URL.")
    ],
    since: Annotated[str, typer.Option(help="How far back: 90m, 12h, 7d.")] = "7d",
    selector: Annotated[
        str | None,
        typer.Option(
            help="Labels of the pods' series that ByteBridge has not labelled yet, such as "
            '\'namespace="legal", pod=~"classifier-.+"\'.'
        ),
    ] = None,
    replicas: Annotated[
        str | None,
        typer.Option(help="PromQL of the replicas, where kube-state-metrics is not scraped."),
    ] = None,
    tick: Annotated[float, typer.Option(min=1, help="Seconds between two decisions.")] = 5.0,
    report: Annotated[Path | None, typer.Option(help="HTML file to write, with plots.")] = None,
    prometheus_token_file: TokenFile = None,
    prometheus_username: Username = None,
    prometheus_password_file: PasswordFile = None,
    prometheus_ca_file: CaFile = None,
    prometheus_tenant: Tenant = None,
) -> None:
    """Replay the decisions on the recorded metrics of a running service; nothing is installed."""
    from bytebridge.backtest import report as shown
    from bytebridge.scaling.policy import compile_policy
    from bytebridge.signals.connection import PrometheusConnection
    from bytebridge.signals.history import replica_queries
    from bytebridge.signals.presets import own_label
    from bytebridge.signals.queries import SignalTarget
    from bytebridge.signals.recorded_rates import asked_of_the_past

    seconds = _seconds(since)
    loaded = load_service(service)
    policy = compile_policy(loaded, tick)
    name, namespace = loaded.metadata.name, loaded.metadata.namespace
    target = SignalTarget(
        namespace,
        name,
        loaded.spec.metrics,
        policy.percentile,
        ready_replicas=0,
        objectives=policy.own_signals,
        matchers=selector or own_label(namespace, name),
    )
    connection = PrometheusConnection(
        url=prometheus_url,
        bearer_token_file=prometheus_token_file,
        username=prometheus_username,
        password_file=prometheus_password_file,
        ca_file=prometheus_ca_file,
        tenant=prometheus_tenant,
    )
    with _progress() as stage:
        history, earlier = _read(
            connection,
            target,
            replica_queries(target, loaded.target_name, replicas),
            asked_of_the_past(loaded, policy, selector or ""),
            (seconds, tick),
            stage("reading"),
        )
        found = _replayed(loaded, policy, history, earlier, stage("replaying"))
    typer.echo(shown.text(found))
    if report is not None:
        report.write_text(shown.html(found), encoding="utf-8")
        typer.echo(f"\nReport: {report}")


def _read(
    connection: "PrometheusConnection",
    target: "SignalTarget",
    replicas: "ReplicaQueries",
    season: "tuple[Query, SignalTarget] | None",
    since: tuple[float, float],
    done: Callable[[float], None],
) -> "tuple[History, Points]":
    """All that was recorded since then, and the rates before it, for the season."""
    from bytebridge.signals.connection import Span
    from bytebridge.signals.history import REQUESTS_AT_ONCE, read_history
    from bytebridge.signals.past import HistoryError, Past

    async def read() -> "tuple[History, Points]":
        async with Past(connection, REQUESTS_AT_ONCE) as past:
            seconds, step = since
            now = await past.now()
            span = Span(now - seconds // step * step, now, step)
            earlier = await _earlier(past, season, span.start)
            return await read_history(past, target, replicas, span, done), earlier

    try:
        history, earlier = asyncio.run(read())
    except (HistoryError, OSError) as error:
        raise typer.BadParameter(str(error), param_hint="--prometheus") from error
    if not any(moment.replicas for moment in history.moments):
        raise typer.BadParameter(
            f"{target.namespace}/{target.name}: no replicas found in this time, neither "
            "kube_deployment_spec_replicas nor series of pods; scrape kube-state-metrics, tell "
            "--replicas PROMQL, or --selector of the pods' series",
            param_hint="--service",
        )
    if not any(moment.readings.requests_per_second for moment in history.moments):
        why = "; ".join(reason for reason, _ in history.unknown.most_common(1))
        raise typer.BadParameter(
            f"{target.namespace}/{target.name}: no request rate found in this time: {why}; "
            "series without ByteBridge's label are told by --selector",
            param_hint="--service",
        )
    return history, earlier


async def _earlier(
    past: "Past", season: "tuple[Query, SignalTarget] | None", before: float
) -> "Points":
    from bytebridge.signals.recorded_rates import read_past_rates

    if season is None:
        return ()
    query, pods = season
    try:
        return (await read_past_rates(past, query, [pods], before))[pods.key]
    except ValueError:
        return ()  # The same query over the time that is replayed says why it is refused.


def _replayed(
    service: "ScalableService",
    policy: "Policy",
    history: "History",
    earlier: "Points",
    done: Callable[[float], None],
) -> "Backtest":
    from bytebridge.backtest.advice import advise, headroom
    from bytebridge.backtest.findings import findings
    from bytebridge.backtest.replay import replay
    from bytebridge.backtest.report import Backtest

    total, seen = len(history.moments), 0

    def one_more() -> None:
        nonlocal seen
        seen += 1
        if seen % 500 == 0 or seen == total:
            done(seen / total)

    replayed = replay(policy, history.moments, one_more, earlier)
    horizon = policy.startup_seconds + policy.tick_seconds
    headrooms = headroom(policy, replayed, horizon, HEADROOM_SHARES)
    refused = [(f"query refused: {query}: {why}", total) for query, why in history.failures.items()]
    return Backtest(
        service=f"{service.metadata.namespace}/{service.metadata.name}",
        ticks=replayed.ticks,
        findings=findings(replayed.ticks, policy.tick_seconds, policy.latency_seconds),
        advice=advise(policy, replayed, headrooms),
        headrooms=headrooms,
        objective_seconds=policy.latency_seconds,
        startup_seconds=policy.startup_seconds,
        unknown=[*refused, *history.unknown.most_common(SHOWN_REASONS)],
    )


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+)([smhdw])", text)
    if not found or int(found[1]) == 0:
        raise typer.BadParameter(
            f"{text!r}: expected a number and s, m, h, d or w, such as 7d", param_hint="--since"
        )
    return float(int(found[1]) * UNITS[found[2]])


@contextmanager
def _progress() -> Iterator[Callable[[str], Callable[[float], None]]]:
    """Bars on standard error that are gone at the end; one a stage, told its share."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def stage(name: str) -> Callable[[float], None]:
            task = progress.add_task(name, total=1.0)
            return lambda share: progress.update(task, completed=share)

        yield stage
