"""`bytebridge`: all commands."""

import typer

from bytebridge.cli.backtest import backtest
from bytebridge.cli.bench import bench
from bytebridge.cli.compare import compare
from bytebridge.cli.crd import crd
from bytebridge.cli.decide import decide
from bytebridge.cli.demo import demo
from bytebridge.cli.lab import lab_app
from bytebridge.cli.reference import reference
from bytebridge.cli.run import run
from bytebridge.cli.simulate import simulate
from bytebridge.cli.tune import tune

app = typer.Typer(
    name="bytebridge",
    help="Autoscale NLP inference services on Kubernetes, ahead of their queue.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(backtest)
app.command()(bench)
app.command()(compare)
app.command()(crd)
app.command()(decide)
app.command()(demo)
app.command()(reference)
app.command()(simulate)
app.command()(tune)
app.command()(run)
app.add_typer(lab_app, name="lab")
