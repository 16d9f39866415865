"""`bytebridge simulate`: a user's own service under a recorded load."""

from pathlib import Path
from typing import Annotated

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


def simulate(
    service: ServiceFile,
    trace: TraceFile,
    scale: Scale = 1.0,
    policies: Annotated[
        str, typer.Option(help="Comma-separated; see the report for what they are.")
    ] = "bytebridge,kpa,hpa-rps,hpa-inflight,hpa-cpu,keda-queue,static,earliest,oracle",
    service_milliseconds: ServiceMilliseconds = 60.0,
    variability: Variability = 0.5,
    seeds: Annotated[
        int, typer.Option(min=1, help="Draws of the service times and of added requests.")
    ] = 3,
    report: Annotated[Path | None, typer.Option(help="HTML file to write, with plots.")] = None,
) -> None:
    """Replay a trace against a model of the service, under ByteBridge and its peers."""
    from bytebridge.simulation.job import Job
    from bytebridge.simulation.policies.registry import require_known
    from bytebridge.simulation.progress import perform_with_progress
    from bytebridge.simulation.summary import rows
    from bytebridge.simulation.table import scenario_table

    names = tuple(name.strip() for name in policies.split(","))
    try:
        require_known(names)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    scenarios = scenarios_of_trace(
        load_service(service), trace, scale, service_milliseconds, variability, seeds
    )
    jobs = [
        Job(scenario, seed, names, with_courses=report is not None and seed == 0)
        for seed, scenario in enumerate(scenarios)
    ]
    results = perform_with_progress(jobs)
    summary = rows(outcome for result in results for outcome in result.outcomes)
    typer.echo(scenarios[0].summary)
    typer.echo(scenario_table(summary))
    if report is not None:
        from bytebridge.simulation.report import html_report

        html = html_report(scenarios[:1], summary, {scenarios[0].name: results[0].courses})
        report.write_text(html, encoding="utf-8")
        typer.echo(f"Report: {report}")
