"""How Prometheus is reached: options that commands which ask it have in common."""

from pathlib import Path
from typing import Annotated

import typer

TokenFile = Annotated[Path | None, typer.Option(envvar="BYTEBRIDGE_PROMETHEUS_TOKEN_FILE")]
Username = Annotated[str | None, typer.Option(envvar="BYTEBRIDGE_PROMETHEUS_USERNAME")]
PasswordFile = Annotated[Path | None, typer.Option(envvar="BYTEBRIDGE_PROMETHEUS_PASSWORD_FILE")]
CaFile = Annotated[Path | None, typer.Option(envvar="BYTEBRIDGE_PROMETHEUS_CA_FILE")]
Tenant = Annotated[
    str | None, typer.Option(envvar="BYTEBRIDGE_PROMETHEUS_TENANT", help="X-Scope-OrgID.")
]
