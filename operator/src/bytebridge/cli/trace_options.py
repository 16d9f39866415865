"""A service under a recorded load: options that commands which simulate it have in common."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bytebridge.api.service import ScalableService
    from bytebridge.simulation.scenarios import Scenario

ServiceFile = Annotated[Path, typer.Option(help="YAML file of the ScalableService.")]
TraceFile = Annotated[Path, typer.Option(help="CSV file; its first column holds arrival times.")]
Scale = Annotated[float, typer.Option(min=0.01, help="Requests for each recorded one.")]
ServiceMilliseconds = Annotated[
    float, typer.Option(min=0.1, help="Mean service time of a request, without queueing.")
]
Variability = Annotated[
    float, typer.Option(min=0.0, help="Squared coefficient of variation of the service time.")
]


def scenarios_of_trace(
    service: "ScalableService",
    trace: Path,
    scale: float,
    service_milliseconds: float,
    variability: float,
    seeds: int,
) -> "list[Scenario]":
    """Put a service under a trace, once for each draw.

    Raises:
        typer.BadParameter: The trace cannot be read, or nothing is left of it.
    """
    from bytebridge.simulation.progress import scenarios_with_progress
    from bytebridge.simulation.replay import scenario_of_trace
    from bytebridge.simulation.trace import TraceError

    seconds = service_milliseconds / 1000
    try:
        return scenarios_with_progress(
            lambda seed: scenario_of_trace(service, trace, scale, seconds, variability, seed),
            seeds,
        )
    except (TraceError, OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from error
