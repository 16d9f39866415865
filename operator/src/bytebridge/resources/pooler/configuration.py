"""pgbouncer.ini, and the ConfigMap that brings it."""

from collections.abc import Set as AbstractSet
from typing import Final

from bytebridge.api.pooler import Placement
from bytebridge.api.postgres import Postgres
from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import Role
from bytebridge.budget.pools import PoolPlan, clients_at_peak
from bytebridge.resources.ownership import Manifest, child_metadata
from bytebridge.resources.postgres import (
    CA_FOLDER,
    POOLER_PORT,
    READERS_DATABASE,
    Plans,
    weighted_readers,
)

RUN_FOLDER: Final = "/run/pgbouncer"
"""In memory: the user list with the password, and the socket."""
CONFIGURATION_KEY: Final = "pgbouncer.ini"


def pooler_name(service: ScalableService) -> str:
    """Name of the pooler's objects."""
    return f"{service.metadata.name}-pooler"


def pooler_config_map(
    service: ScalableService,
    postgres: Postgres,
    plans: Plans,
    left_out: AbstractSet[str] = frozenset(),
) -> Manifest:
    """The ConfigMap of pgbouncer.ini; it changes without a restart of any pod."""
    metadata = {**child_metadata(service), "name": pooler_name(service)}
    text = pgbouncer_ini(postgres, plans, service.spec.scaling.max_replicas, left_out)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {CONFIGURATION_KEY: text},
    }


def pgbouncer_ini(
    postgres: Postgres,
    plans: Plans,
    max_replicas: int,
    left_out: AbstractSet[str] = frozenset(),
    run_folder: str = RUN_FOLDER,
) -> str:
    """The configuration.

    Source of the settings: PgBouncer manual, "pgbouncer.ini". All of them may change by RELOAD,
    but for the addresses, which do not.

    Args:
        postgres: The database.
        plans: Sizes by role; each pooler holds no more than `server` connections.
        max_replicas: Of the service: all its pods may connect to one pooler.
        left_out: Hosts of readers that lag; if all do, none is left out.
        run_folder: Where the user list and the socket are.
    """
    sidecar = postgres.pooler is not None and postgres.pooler.placement is Placement.SIDECAR
    mode = postgres.pooler.mode.value if postgres.pooler else "transaction"
    tls = [f"server_tls_sslmode = {postgres.ssl_mode.value}"]
    if postgres.ca_secret_ref is not None:
        tls.append(f"server_tls_ca_file = {CA_FOLDER}/ca.crt")
    lines = [
        "[databases]",
        *_databases(postgres, plans, left_out),
        "",
        "[pgbouncer]",
        f"listen_addr = {'127.0.0.1' if sidecar else '0.0.0.0'}",  # noqa: S104 - in its own pod
        f"listen_port = {POOLER_PORT}",
        f"unix_socket_dir = {run_folder}",
        "auth_type = scram-sha-256",
        f"auth_file = {run_folder}/userlist.txt",
        f"pool_mode = {mode}",
        f"max_client_conn = {clients_at_peak(postgres, plans, max_replicas)}",
        # Drivers set it at every connection, and PgBouncer refuses what it does not know.
        "ignore_startup_parameters = extra_float_digits",
        *tls,
    ]
    return "\n".join(lines) + "\n"


def _databases(postgres: Postgres, plans: Plans, left_out: AbstractSet[str]) -> list[str]:
    writer = postgres.writer
    lines = [_database(postgres, postgres.database, writer.host, writer.port, plans[Role.WRITER])]
    if postgres.readers:
        readers = weighted_readers(postgres.readers)
        kept = [reader.host for reader in readers if reader.host not in left_out]
        hosts = ",".join(kept or [reader.host for reader in readers])
        name = READERS_DATABASE.format(database=postgres.database)
        lines.append(_database(postgres, name, hosts, readers[0].port, plans[Role.READERS]))
    return lines


def _database(postgres: Postgres, name: str, host: str, port: int, plan: PoolPlan) -> str:
    settings = {
        "host": host,
        "port": port,
        "dbname": postgres.database,
        "pool_size": plan.server,
        # Should the Secret's user change, both users' pools together stay within it.
        "max_db_connections": plan.server,
        # A busy pool that shrinks would keep its connections. Another connect_query makes
        # PgBouncer replace them, each when its client gives it back (PgBouncer's loader.c).
        "connect_query": f"'select {plan.server}'",
    }
    return f"{name} = " + " ".join(f"{key}={value}" for key, value in settings.items())
