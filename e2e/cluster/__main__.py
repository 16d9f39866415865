"""`python -m e2e.cluster`: the engine and the cluster of the end-to-end tests, for people."""

from typing import Annotated

import typer

from e2e.cluster.engine import start_engine, stop_engine
from e2e.cluster.errors import ClusterError
from e2e.cluster.node_image import node_image

app = typer.Typer(help="The cluster of the end-to-end tests.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """The cluster of the end-to-end tests."""


@app.command()
def engine(
    stop: Annotated[bool, typer.Option("--stop", help="Stop our own engine instead.")] = False,
) -> None:
    """Find a Docker engine that answers, or else start our own."""
    if stop:
        if not stop_engine(typer.echo):
            typer.echo("Docker engine: there is none of ours")
        return
    found = start_engine(typer.echo)
    typer.echo(f"docker client: {found.client}")


@app.command("node-image")
def make_node_image() -> None:
    """Find the image of a node, or else make it (once)."""
    found = node_image(start_engine(typer.echo), typer.echo)
    typer.echo(f"node image: {found.tag} ({found.reason})")


if __name__ == "__main__":
    try:
        app()
    except ClusterError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error
