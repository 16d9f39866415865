"""`bytebridge bench`: what the operator costs and how fast it is, measured here."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

PARTS = ("decision", "reaction", "fleet")


def bench(
    part: Annotated[
        list[str] | None, typer.Option(help="decision, reaction or fleet; repeatable; else all.")
    ] = None,
    services: Annotated[int, typer.Option(min=1, help="ScalableServices of the fleet.")] = 2000,
    watch_seconds: Annotated[
        float, typer.Option(min=10, help="Of the fleet's steady state.")
    ] = 120,
    repetitions: Annotated[int, typer.Option(min=1, help="Steps of the load, each policy.")] = 3,
    output: Annotated[Path | None, typer.Option(help="JSON file to write as well.")] = None,
) -> None:
    """Measure the cost of a decision, the reaction to a step, and a fleet of services."""
    from bytebridge.benchmark import machine

    parts = part or list(PARTS)
    for name in parts:
        if name not in PARTS:
            raise typer.BadParameter(f"{name!r}: expected one of {', '.join(PARTS)}")
    results: dict[str, Any] = {"machine": machine.describe()}
    for name, value in results["machine"].items():
        typer.echo(f"{name}: {value}")
    with tempfile.TemporaryDirectory(prefix="bytebridge-bench-") as temporary:
        folder = Path(temporary)
        for name in (known for known in PARTS if known in parts):
            if name == "decision":
                results[name] = _decision()
            elif name == "reaction":
                results[name] = _reaction(repetitions, folder)
            else:
                results[name] = _fleet(services, watch_seconds, folder)
    if output is not None:
        output.write_text(json.dumps(results, indent=2), encoding="utf-8")


def _decision() -> dict[str, Any]:
    from bytebridge.benchmark.decision import measure_package
    from bytebridge.lab.compiled_core import SOURCES, find_or_compile
    from bytebridge.lab.errors import LabError

    packages = {"interpreted": SOURCES.parent}
    try:
        packages["compiled, as in the image"] = find_or_compile(typer.echo)
    except LabError as error:
        typer.echo(f"decision: {error}")
    results = {}
    for name, folder in packages.items():
        cost = measure_package(folder, 10_000)
        typer.echo(
            f"decision, {name}: {cost.law_microseconds:.1f} us each over {cost.services} services; "
            f"the HPA's formula alone {cost.formula_microseconds:.2f} us"
        )
        results[name] = asdict(cost)
    return results


def _reaction(repetitions: int, folder: Path) -> list[dict[str, Any]]:
    from bytebridge.benchmark import reaction
    from bytebridge.demo.policies import Policy

    results = []
    for policy in Policy:
        found = reaction.measure(policy, repetitions, folder, typer.echo)
        results.append(asdict(found))
        typer.echo(
            f"reaction, {policy.value} (median / highest of {repetitions}): first change "
            f"{reaction.summary(found.first_change)}, enough {reaction.summary(found.enough)}"
        )
    return results


def _fleet(services: int, watch_seconds: float, folder: Path) -> dict[str, Any]:
    from bytebridge.benchmark import fleet

    figures = asdict(fleet.measure(services, watch_seconds, folder, typer.echo))
    for name, value in figures.items():
        typer.echo(f"fleet, {name}: {value:.3f}")
    return figures
