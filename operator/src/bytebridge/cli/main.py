"""`bytebridge`: all commands."""

import typer

app = typer.Typer(
    name="bytebridge",
    help="Autoscale NLP inference services on Kubernetes, ahead of their queue.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
