"""`bytebridge simulate`: a user's own service under a recorded load."""

from pathlib import Path
from typing import Annotated

import typer

from bytebridge.cli.service_file import load_service


def simulate(
    service: Annotated[Path, typer.Option(help="YAML file of the ScalableService.")],
    trace: Annotated[Path, typer.Option(help="CSV file; its first column holds arrival times.")],
    scale: Annotated[float, typer.Option(min=0.01, help="Requests for each recorded one.")] = 1.0,
    policies: Annotated[
        str, typer.Option(help="Comma-separated; see the report for what they are.")
    ] = "bytebridge,kpa,hpa-rps,hpa-inflight,hpa-cpu,keda-queue,static,oracle",
    service_milliseconds: Annotated[
        float, typer.Option(min=0.1, help="Mean service time of a request, without queueing.")
    ] = 60.0,
    variability: Annotated[
        float, typer.Option(min=0.0, help="Squared coefficient of variation of the service time.")
    ] = 0.5,
    seeds: Annotated[
        int, typer.Option(min=1, help="Draws of the service times and of added requests.")
    ] = 3,
    report: Annotated[Path | None, typer.Option(help="HTML file to write, with plots.")] = None,
) -> None:
    """Replay a trace against a model of the service, under ByteBridge and its peers."""
    from bytebridge.simulation.job import Job
    from bytebridge.simulation.policies.registry import require_known
    from bytebridge.simulation.progress import perform_with_progress, scenarios_with_progress
    from bytebridge.simulation.replay import scenario_of_trace
    from bytebridge.simulation.summary import rows
    from bytebridge.simulation.table import scenario_table
    from bytebridge.simulation.trace import TraceError

    names = tuple(name.strip() for name in policies.split(","))
    try:
        require_known(names)
        loaded = load_service(service)
        service_seconds = service_milliseconds / 1000
        scenarios = scenarios_with_progress(
            lambda seed: scenario_of_trace(
                loaded, trace, scale, service_seconds, variability, seed
            ),
            seeds,
        )
    except (TraceError, OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from error
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
