"""`bytebridge run`: the operator."""

import asyncio
from typing import Annotated

import typer

from bytebridge.cli.prometheus_options import CaFile, PasswordFile, Tenant, TokenFile, Username


def run(
    prometheus_url: Annotated[
        str, typer.Option(envvar="BYTEBRIDGE_PROMETHEUS_URL", help="Where to ask for signals.")
    ],
    namespace: Annotated[
        list[str] | None,
        typer.Option(envvar="BYTEBRIDGE_NAMESPACE", help="Watch this one; may be repeated."),
    ] = None,
    all_namespaces: Annotated[
        bool, typer.Option("--all-namespaces", envvar="BYTEBRIDGE_ALL_NAMESPACES")
    ] = False,
    tick_seconds: Annotated[
        float, typer.Option(envvar="BYTEBRIDGE_TICK_SECONDS", min=0.5, help="Between decisions.")
    ] = 5.0,
    lease_namespace: Annotated[
        str, typer.Option(envvar="BYTEBRIDGE_LEASE_NAMESPACE", help="Where the Lease lives.")
    ] = "default",
    listen_host: Annotated[str, typer.Option(envvar="BYTEBRIDGE_LISTEN_HOST")] = "127.0.0.1",
    listen_port: Annotated[
        int, typer.Option(envvar="BYTEBRIDGE_LISTEN_PORT", help="/healthz, /readyz, /metrics.")
    ] = 8080,
    json_logs: Annotated[bool, typer.Option(envvar="BYTEBRIDGE_JSON_LOGS")] = False,
    prometheus_token_file: TokenFile = None,
    prometheus_username: Username = None,
    prometheus_password_file: PasswordFile = None,
    prometheus_ca_file: CaFile = None,
    prometheus_tenant: Tenant = None,
) -> None:
    """Watch ScalableServices and scale them."""
    from bytebridge.controller.logging import configure_logging
    from bytebridge.controller.process import run_operator
    from bytebridge.controller.settings import OperatorSettings
    from bytebridge.signals.source import PrometheusConnection

    if bool(namespace) == all_namespaces:
        raise typer.BadParameter("choose either --namespace NAME or --all-namespaces")
    configure_logging(json=json_logs)
    settings = OperatorSettings(
        prometheus=PrometheusConnection(
            url=prometheus_url,
            bearer_token_file=prometheus_token_file,
            username=prometheus_username,
            password_file=prometheus_password_file,
            ca_file=prometheus_ca_file,
            tenant=prometheus_tenant,
        ),
        namespaces=tuple(namespace or ()),
        tick_seconds=tick_seconds,
        lease_namespace=lease_namespace,
        listen_host=listen_host,
        listen_port=listen_port,
    )
    asyncio.run(run_operator(settings))
