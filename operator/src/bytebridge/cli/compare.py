"""`bytebridge compare`: ByteBridge and its peers on the same simulated services."""

from typing import Annotated

import typer


def compare(
    quick: Annotated[
        bool, typer.Option("--quick", help="Four scenarios, one seed, four policies.")
    ] = False,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Only scenarios whose name contains this; repeatable.")
    ] = None,
    policy: Annotated[list[str] | None, typer.Option(help="Only this policy; repeatable.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Workloads drawn per scenario.")] = None,
) -> None:
    """Run every policy on every scenario and print the figures."""
    from bytebridge.simulation.campaign import Job
    from bytebridge.simulation.policies.registry import POLICIES
    from bytebridge.simulation.progress import perform_with_progress
    from bytebridge.simulation.scenarios import QUICK, SCENARIOS
    from bytebridge.simulation.summary import rows, standings
    from bytebridge.simulation.table import scenario_table, standing_table

    quick_policies = ("bytebridge", "kpa", "hpa-rps", "oracle")
    policies = tuple(policy or (quick_policies if quick else POLICIES))
    names = [
        name
        for name in (QUICK if quick and not scenario else SCENARIOS)
        if not scenario or any(part in name for part in scenario)
    ]
    unknown = [name for name in policies if name not in POLICIES]
    if unknown or not names:
        raise typer.BadParameter(
            f"no policy {unknown}; known: {', '.join(POLICIES)}"
            if unknown
            else f"no scenario contains {scenario}; known: {', '.join(SCENARIOS)}"
        )
    jobs = [
        Job(SCENARIOS[name], seed, policies)
        for name in names
        for seed in range(seeds or (1 if quick else 3))
    ]
    outcomes = [o for result in perform_with_progress(jobs) for o in result.outcomes]
    order = {name: position for position, name in enumerate(names)}
    summary = sorted(rows(outcomes), key=lambda row: order[row.scenario])
    for name in names:
        typer.echo(f"\n{name}: {SCENARIOS[name].summary}")
        typer.echo(scenario_table([row for row in summary if row.scenario == name]))
    typer.echo("\n" + standing_table(standings(summary), {}))
