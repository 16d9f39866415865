"""`bytebridge crd`."""

from typing import Annotated

import typer
import yaml

from bytebridge.api.crd import custom_resource_definitions


def crd(
    plural: Annotated[
        str | None, typer.Argument(help="One of them, such as scalableservices.")
    ] = None,
) -> None:
    """Print the CustomResourceDefinitions."""
    wanted = [
        definition
        for definition in custom_resource_definitions()
        if plural is None or definition["spec"]["names"]["plural"] == plural
    ]
    if not wanted:
        raise typer.BadParameter(f"expected scalableservices or databasebudgets, got {plural!r}")
    typer.echo(yaml.safe_dump_all(wanted, sort_keys=False, width=100), nl=False)
