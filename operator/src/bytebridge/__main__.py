"""`python -m bytebridge`."""

from bytebridge.cli.main import app

app()
