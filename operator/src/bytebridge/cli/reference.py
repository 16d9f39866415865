"""`bytebridge reference`: every field as Markdown."""

import typer

from bytebridge.api.reference import reference_page


def reference() -> None:
    """Print every field of a ScalableService as Markdown."""
    typer.echo(reference_page(), nl=False)
