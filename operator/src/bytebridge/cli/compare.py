"""`bytebridge compare`: ByteBridge and its peers on the same simulated services."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bytebridge.simulation.outcome import Course
    from bytebridge.simulation.scenarios import Scenario
    from bytebridge.simulation.summary import Row

QUICK_POLICIES = ("bytebridge", "kpa", "hpa-rps", "earliest", "oracle")


def compare(
    quick: Annotated[
        bool, typer.Option("--quick", help="Four scenarios, one seed, five policies.")
    ] = False,
    scenarios: Annotated[
        str | None,
        typer.Option(help="Comma-separated names, or parts of them; none for traces alone."),
    ] = None,
    policies: Annotated[str | None, typer.Option(help="Comma-separated names; else all.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Workloads drawn per scenario.")] = None,
    trace: Annotated[
        list[Path] | None, typer.Option(help="CSV of arrivals, as one more scenario; repeatable.")
    ] = None,
    document: Annotated[Path | None, typer.Option(help="Markdown file to write.")] = None,
    report: Annotated[Path | None, typer.Option(help="HTML file to write, with plots.")] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Simulate again what was simulated before as well.")
    ] = False,
) -> None:
    """Run every policy on every scenario and print the figures.

    Runs are kept in the user's cache folder: after a change of the law only ByteBridge's own are
    simulated again.
    """
    from bytebridge.simulation.bars import standings
    from bytebridge.simulation.document import markdown
    from bytebridge.simulation.job import Job
    from bytebridge.simulation.kept import KeptRuns, cache_folder
    from bytebridge.simulation.policies.registry import POLICIES
    from bytebridge.simulation.progress import perform_with_progress
    from bytebridge.simulation.summary import rows

    names = _split(policies) or (QUICK_POLICIES if quick else tuple(POLICIES))
    chosen = [*_chosen(quick, _split(scenarios), names), *_recorded(trace or [])]
    if not chosen:
        raise typer.BadParameter("--scenarios none: expected a --trace beside it")
    seed_count = seeds or (1 if quick else 3)
    jobs = [
        Job(one, seed, names, with_courses=seed == 0)
        for one in chosen
        for seed in range(seed_count)
    ]
    results = perform_with_progress(jobs, None if anew else KeptRuns(cache_folder()))
    summary = rows(outcome for result in results for outcome in result.outcomes)
    courses = {r.courses[0].scenario: r.courses for r in results if r.courses}
    images = [] if document is None else _draw(chosen, summary, courses, document)
    text = markdown(chosen, summary, standings(chosen, summary), seed_count, images)
    if document is None:
        typer.echo(text[text.index("## Against") :])
    else:
        document.write_text(text, encoding="utf-8")
        typer.echo(f"Figures: {document}")
    if report is not None:
        from bytebridge.simulation.report import html_report

        report.write_text(html_report(chosen, summary, courses), encoding="utf-8")
        typer.echo(f"Report: {report}")


def _draw(
    chosen: "Sequence[Scenario]",
    summary: "Sequence[Row]",
    courses: "Mapping[str, Sequence[Course]]",
    document: Path,
) -> list[tuple[str, str]]:
    """Write the document's plots beside it, into `images`."""
    from bytebridge.simulation.document import COURSE_SCENARIOS, PARETO_SCENARIOS
    from bytebridge.simulation.sketch import draw_courses, draw_pareto

    by_name = {scenario.name: scenario for scenario in chosen}
    drawn: list[tuple[str, str]] = []
    shown = [name for name in PARETO_SCENARIOS if name in by_name]
    if shown:
        place = f"images/{document.stem}-pareto.svg"
        draw_pareto(summary, shown, document.parent / place)
        drawn.append(("Cost against violations: down and left is better", place))
    for name in COURSE_SCENARIOS:
        if name in courses:
            place = f"images/{document.stem}-{name}.svg"
            limit = by_name[name].objective_milliseconds / 1000
            draw_courses(courses[name], limit, document.parent / place)
            drawn.append((f"Course of {name}: {by_name[name].summary}", place))
    return drawn


def _split(names: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",")) if names else ()


def _chosen(quick: bool, wanted: tuple[str, ...], policies: tuple[str, ...]) -> "list[Scenario]":
    from bytebridge.simulation.policies.registry import require_known
    from bytebridge.simulation.scenarios import QUICK, SCENARIOS

    try:
        require_known(policies)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if wanted == ("none",):
        return []
    if not wanted:
        return [SCENARIOS[name] for name in (QUICK if quick else SCENARIOS)]
    found = {name: _matching(name, SCENARIOS) for name in wanted}
    unknown = [name for name, matches in found.items() if not matches]
    if unknown:
        raise typer.BadParameter(
            f"scenario {unknown[0]!r}: expected a name or a part of one; known are "
            f"{', '.join(SCENARIOS)}"
        )
    matched = {match for matches in found.values() for match in matches}
    return [scenario for name, scenario in SCENARIOS.items() if name in matched]


def _matching(wanted: str, known: "Iterable[str]") -> list[str]:
    names = list(known)
    return [wanted] if wanted in names else [name for name in names if wanted in name]


def _recorded(traces: list[Path]) -> "list[Scenario]":
    from bytebridge.simulation.replay import scenario_at_size
    from bytebridge.simulation.trace import TraceError

    try:
        return [scenario_at_size(path) for path in traces]
    except (TraceError, OSError) as error:
        raise typer.BadParameter(str(error)) from error
