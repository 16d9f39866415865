"""`bytebridge compare`: ByteBridge and its peers on the same simulated services."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bytebridge.simulation.scenarios import Scenario

QUICK_POLICIES = ("bytebridge", "kpa", "hpa-rps", "oracle")


def compare(
    quick: Annotated[
        bool, typer.Option("--quick", help="Four scenarios, one seed, four policies.")
    ] = False,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Only scenarios whose name contains this; repeatable.")
    ] = None,
    policy: Annotated[list[str] | None, typer.Option(help="Only this policy; repeatable.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Workloads drawn per scenario.")] = None,
    trace: Annotated[
        list[Path] | None, typer.Option(help="CSV of arrivals, as one more scenario; repeatable.")
    ] = None,
    document: Annotated[Path | None, typer.Option(help="Markdown file to write.")] = None,
    report: Annotated[Path | None, typer.Option(help="HTML file to write, with plots.")] = None,
) -> None:
    """Run every policy on every scenario and print the figures."""
    from bytebridge.simulation.campaign import Job
    from bytebridge.simulation.document import markdown
    from bytebridge.simulation.policies.registry import POLICIES
    from bytebridge.simulation.progress import perform_with_progress
    from bytebridge.simulation.summary import rows, standings

    policies = tuple(policy or (QUICK_POLICIES if quick else POLICIES))
    chosen = [*_chosen(quick, scenario, policies), *_recorded(trace or [])]
    seed_count = seeds or (1 if quick else 3)
    jobs = [
        Job(one, seed, policies, with_courses=report is not None and seed == 0)
        for one in chosen
        for seed in range(seed_count)
    ]
    results = perform_with_progress(jobs)
    summary = rows(outcome for result in results for outcome in result.outcomes)
    text = markdown(chosen, summary, standings(summary), seed_count)
    if document is None:
        typer.echo(text[text.index("## Against") :])
    else:
        document.write_text(text, encoding="utf-8")
        typer.echo(f"Figures: {document}")
    if report is not None:
        from bytebridge.simulation.report import html_report

        courses = {r.courses[0].scenario: r.courses for r in results if r.courses}
        report.write_text(html_report(chosen, summary, courses), encoding="utf-8")
        typer.echo(f"Report: {report}")


def _chosen(quick: bool, parts: list[str] | None, policies: tuple[str, ...]) -> "list[Scenario]":
    from bytebridge.simulation.policies.registry import require_known
    from bytebridge.simulation.scenarios import QUICK, SCENARIOS

    try:
        require_known(policies)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    names = QUICK if quick and not parts else tuple(SCENARIOS)
    chosen = [SCENARIOS[n] for n in names if not parts or any(part in n for part in parts)]
    if not chosen:
        raise typer.BadParameter(
            f"scenario {parts}: expected part of a name; known are {', '.join(SCENARIOS)}"
        )
    return chosen


def _recorded(traces: list[Path]) -> "list[Scenario]":
    from bytebridge.simulation.replay import scenario_at_size
    from bytebridge.simulation.trace import TraceError

    try:
        return [scenario_at_size(path) for path in traces]
    except (TraceError, OSError) as error:
        raise typer.BadParameter(str(error)) from error
