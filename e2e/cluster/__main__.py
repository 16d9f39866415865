"""`python -m e2e.cluster`: the engine and the cluster of the end-to-end tests, for people."""

from typing import Annotated

import typer

from e2e.cluster import cluster
from e2e.cluster.engine import find_engine, start_engine, stop_engine
from e2e.cluster.errors import ClusterError
from e2e.cluster.node_image import node_image
from e2e.cluster.possible import look, obstacle

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


@app.command("possible")
def is_possible() -> None:
    """Say why no cluster can be made here, and end with 1; say nothing where one can."""
    why = obstacle(look())
    if why:
        typer.echo(why)
        raise typer.Exit(1)


@app.command()
def up(
    nodes: Annotated[
        int, typer.Option(min=1, help="How many; the first is the control plane.")
    ] = 1,
) -> None:
    """Find the cluster, or else create it."""
    found = cluster.up(start_engine(typer.echo), typer.echo, nodes)
    typer.echo(f"export KUBECONFIG={found.kubeconfig}")
    typer.echo(f"kubectl: {found.kubectl_program}")


@app.command()
def down() -> None:
    """Delete the cluster; the engine goes on."""
    engine = find_engine()
    if engine is None:
        typer.echo("Docker engine: none answers, so there is no cluster")
        return
    cluster.down(engine, typer.echo)


@app.command()
def load(
    images: Annotated[list[str], typer.Argument(help="Names of images of the engine.")],
) -> None:
    """Copy images from the engine to every node."""
    cluster.present_cluster(start_engine(typer.echo), typer.echo).load(images)


if __name__ == "__main__":
    try:
        app()
    except ClusterError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error
