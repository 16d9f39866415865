"""`bytebridge tune`: parameters for a service from a recorded load."""

from typing import TYPE_CHECKING, Annotated

import typer

from bytebridge.cli.service_file import load_service
from bytebridge.cli.trace_options import (
    Scale,
    ServiceFile,
    ServiceMilliseconds,
    TraceFile,
    Variability,
    scenarios_of_trace,
)

if TYPE_CHECKING:
    from bytebridge.simulation.tuning import Interval, Trial, Tuning


def tune(
    service: ServiceFile,
    trace: TraceFile,
    scale: Scale = 1.0,
    service_milliseconds: ServiceMilliseconds = 60.0,
    variability: Variability = 0.5,
    seeds: Annotated[
        int, typer.Option(min=2, max=20, help="Draws of the load, to tell chance from difference.")
    ] = 5,
    seconds: Annotated[float, typer.Option(min=5, help="Time for the trials, about.")] = 120.0,
) -> None:
    """Try parameters on a simulated service under a recorded load, and recommend some."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from bytebridge.simulation.tuning import present_parameters
    from bytebridge.simulation.tuning import tune as try_out

    loaded = load_service(service)
    objective = loaded.spec.scaling.objective
    if objective is None or objective.latency_milliseconds is None:
        raise typer.BadParameter(
            f"{service}: spec.scaling.objective.latencyMilliseconds: tune weighs it against cost; "
            "set it"
        )
    scenarios = scenarios_of_trace(loaded, trace, scale, service_milliseconds, variability, seeds)
    columns = (TextColumn("trying"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=1.0)
        found = try_out(
            scenarios,
            present_parameters(loaded),
            1 - objective.percentile / 100,
            seconds,
            lambda share: progress.update(task, completed=share),
        )
    typer.echo(scenarios[0].summary)
    typer.echo(_table(found))
    typer.echo(_verdict(found))


def _table(found: "Tuning") -> str:
    from bytebridge.simulation.table import grid

    shown = sorted({id(t): t for t in (found.present, *found.front)}.values(), key=lambda t: t.cost)
    return grid(
        ("", "min", "max", "utilization %", "hold s", "over SLO", "failed", "replica-h"),
        [_line(found, trial) for trial in shown],
    )


def _line(found: "Tuning", trial: "Trial") -> tuple[str, ...]:
    from bytebridge.simulation.table import percent
    from bytebridge.simulation.tuning import interval

    marks = [
        name
        for name, one in (("present", found.present), ("recommended", found.recommended))
        if one is trial
    ]
    over = interval([o.over_share for o in trial.outcomes])
    cost = interval([o.replica_hours for o in trial.outcomes])
    return (
        ", ".join(marks),
        str(trial.parameters.min_replicas),
        str(trial.parameters.max_replicas),
        str(trial.parameters.target_utilization_percent),
        str(trial.parameters.hold_seconds),
        f"{percent(over.mean)} +- {100 * over.half_width:.2f}",
        percent(trial.failed) if trial.failed else "0",
        f"{cost.mean:.2f} +- {cost.half_width:.2f}",
    )


def _verdict(found: "Tuning") -> str:
    seeds = len(found.present.outcomes)
    rule = (
        f"Recommended is the cheapest that keeps at most {found.allowed_over:.0%} of the requests "
        "over the objective with every seed."
    )
    if found.recommended.over > found.allowed_over:
        rule = (
            f"None keeps at most {found.allowed_over:.0%} of the requests over the objective; "
            "recommended is the one with the fewest over it."
        )
    tried = (
        f"{found.tried} of {found.candidates} candidates tried once, the best with {seeds} seeds; "
        "+- is the 95 % confidence interval over the seeds."
    )
    doubt = (
        "The spread tells chance in service times, start-ups and added requests; it cannot tell "
        "how alike another day will be to this trace."
    )
    return "\n".join((tried, rule, *_change(found), doubt))


def _change(found: "Tuning") -> tuple[str, ...]:
    from bytebridge.simulation.tuning import difference

    best = found.recommended
    if best is found.present:
        return (
            "Keep the present parameters: nothing better differs from them by more than noise.",
        )
    over = difference(best, found.present, lambda o: 100 * o.over_share)
    cost = difference(best, found.present, lambda o: o.replica_hours)
    against = f"{_told(over, 'percent over SLO')}; {_told(cost, 'replica-hours')}"
    return f"Against the present: {against}.", _yaml(best)


def _told(found: "Interval", what: str) -> str:
    noise = ": within noise" if found.within_noise else ""
    return f"{found.mean:+.2f} +- {found.half_width:.2f} {what}{noise}"


def _yaml(trial: "Trial") -> str:
    best = trial.parameters
    return (
        "spec:\n  scaling:\n"
        f"    minReplicas: {best.min_replicas}\n    maxReplicas: {best.max_replicas}\n"
        f"    targetUtilizationPercent: {best.target_utilization_percent}\n"
        f"    scaleDown: {{holdSeconds: {best.hold_seconds}}}"
    )
