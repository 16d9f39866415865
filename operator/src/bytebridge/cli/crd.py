"""`bytebridge crd`."""

import typer
import yaml

from bytebridge.api.crd import custom_resource_definition


def crd() -> None:
    """Print the CustomResourceDefinition of ScalableService."""
    text = yaml.safe_dump(custom_resource_definition(), sort_keys=False, width=100)
    typer.echo(text, nl=False)
