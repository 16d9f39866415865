"""`bytebridge lab`: the local cluster."""

import os
import subprocess
import threading
from pathlib import Path
from typing import Annotated

import typer

from bytebridge.lab.binaries import HELM, PROMTOOL, Program, find_or_make, programs
from bytebridge.lab.settings import LabSettings

lab_app = typer.Typer(help="A local cluster on loopback.", no_args_is_help=True)

Startup = Annotated[float, typer.Option(help="Seconds from a pod's creation to Ready.")]
Scrape = Annotated[float, typer.Option(help="Prometheus' scrape interval, seconds.")]


@lab_app.command()
def binaries() -> None:
    """Find what the local cluster runs; download, or else build, what is missing (once)."""
    for program in programs():
        _make(program)


@lab_app.command()
def helm() -> None:
    """Find the Helm that the chart's tests use; download, or else build, it (once)."""
    _make(HELM)


@lab_app.command()
def promtool() -> None:
    """Find the promtool that the alerts' tests use; download, or else build, it (once)."""
    _make(PROMTOOL)


def _make(program: Program) -> None:
    found = find_or_make(program, typer.echo)
    typer.echo(f"{program.name:<25} {program.version:<9} {found.source:<20} {found.path}")


@lab_app.command()
def servers() -> None:
    """Find the database servers of the tests, or unpack Debian's packages of them."""
    from bytebridge.lab.debian import SERVERS, find_or_unpack
    from bytebridge.lab.errors import LabError

    for server in SERVERS:
        try:
            typer.echo(f"{server.package:<25} {find_or_unpack(server).path}")
        except LabError as error:
            raise typer.BadParameter(str(error)) from error


@lab_app.command()
def compiled(
    into: Annotated[
        Path | None,
        typer.Option(help="A folder with the package, such as site-packages; else the cache's."),
    ] = None,
) -> None:
    """Compile the decision core, as the image has it (once for the same sources)."""
    from bytebridge.lab.compiled_core import CORE, compile_core, find_or_compile
    from bytebridge.lab.errors import LabError

    try:
        if into is None:
            into = find_or_compile(typer.echo)
        else:
            compile_core(into)
    except LabError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{CORE:<25} {into}")


@lab_app.command()
def up(startup_seconds: Startup = 10.0, scrape_interval_seconds: Scrape = 5.0) -> None:
    """Bring the cluster up, tell how to reach it, and tear it down on Ctrl-C."""
    from bytebridge.lab.cluster import start_lab

    settings = LabSettings(startup_seconds, scrape_interval_seconds)
    with start_lab(settings) as lab:
        typer.echo(f"export KUBECONFIG={lab.kubeconfig}")
        typer.echo(f"export BYTEBRIDGE_PROMETHEUS_URL={lab.prometheus_url}")
        typer.echo("The cluster is up; Ctrl-C tears it down.")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            typer.echo("tearing down")


@lab_app.command(context_settings={"ignore_unknown_options": True})
def run(
    command: Annotated[list[str], typer.Argument(help="What to run, after --.")],
    startup_seconds: Startup = 10.0,
    scrape_interval_seconds: Scrape = 5.0,
) -> None:
    """Run a command against a cluster of its own, and pass on its exit code."""
    from bytebridge.lab.cluster import start_lab

    with start_lab(LabSettings(startup_seconds, scrape_interval_seconds)) as lab:
        environment = {
            **os.environ,
            "KUBECONFIG": str(lab.kubeconfig),
            "BYTEBRIDGE_PROMETHEUS_URL": lab.prometheus_url,
        }
        code = subprocess.run(command, env=environment, check=False).returncode
    raise typer.Exit(code)
