"""The database settings of the pods: plain coordinates, credentials by reference, pool sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import gcd
from typing import Final

from bytebridge.api.pooler import Placement
from bytebridge.api.postgres import Postgres, PostgresReader, SslMode
from bytebridge.budget.claims import Role
from bytebridge.budget.pools import PoolPlan
from bytebridge.resources.ownership import Manifest

CA_FOLDER: Final = "/etc/bytebridge/postgres-ca"
CA_VOLUME: Final = "bytebridge-postgres-ca"
POOLER_PORT: Final = 6432
READERS_DATABASE: Final = "{database}_readers"
"""What PgBouncer calls the database on the readers."""

Plans = Mapping[Role, PoolPlan]


@dataclass(frozen=True, slots=True)
class _Coordinates:
    """Where the pods connect to: the server, or the pooler before it."""

    host: str
    port: int
    database: str
    ssl_mode: SslMode
    reader_hosts: tuple[str, ...]
    reader_ports: tuple[int, ...]
    reader_database: str


def postgres_environment(
    postgres: Postgres, plans: Plans, pooler_host: str, readers_host: str | None
) -> list[Manifest]:
    """Variables of the pods.

    Source of the names: PostgreSQL manual, "Environment Variables" of libpq.

    Args:
        postgres: The database.
        plans: Pool sizes by role.
        pooler_host: Service of the pooler Deployment.
        readers_host: A Service that stands for all readers; `None`: they are named one by one.
    """
    names, secret = postgres.environment, postgres.credentials
    where = _coordinates(postgres, pooler_host, readers_host)
    return [
        _plain(names.host, where.host),
        _plain(names.port, where.port),
        _plain(names.database, where.database),
        _plain(names.ssl_mode, where.ssl_mode.value),
        *_root_certificate(postgres),
        _secret_variable(names.user, secret.secret_name, secret.username_key),
        _secret_variable(names.password, secret.secret_name, secret.password_key),
        _url_variable(postgres, where),
        *_reader_variables(postgres, where),
        *_pool_variables(postgres, plans),
    ]


def pool_variables(postgres: Postgres) -> frozenset[str]:
    """Variables that keep pods within the budget; one that the user sets himself undoes it."""
    names = postgres.environment
    return frozenset({names.pool_size, names.max_overflow, names.reader_pool_size})


def certificate_volume(postgres: Postgres) -> tuple[list[Manifest], list[Manifest]]:
    """Volume and mount of the certificate authority; empty without one."""
    reference = postgres.ca_secret_ref
    if reference is None:
        return [], []
    items = [{"key": reference.key, "path": "ca.crt"}]
    volume = {"name": CA_VOLUME, "secret": {"secretName": reference.name, "items": items}}
    return [volume], [{"name": CA_VOLUME, "mountPath": CA_FOLDER, "readOnly": True}]


def weighted_readers(readers: Sequence[PostgresReader]) -> list[PostgresReader]:
    """Each reader as often as its weight says: a random choice of one keeps the weights."""
    common = reduce(gcd, (reader.weight for reader in readers), 0)
    return [reader for reader in readers for _ in range(reader.weight // max(1, common))]


def _coordinates(postgres: Postgres, pooler_host: str, readers_host: str | None) -> _Coordinates:
    pooler, readers = postgres.pooler, weighted_readers(postgres.readers)
    if pooler is not None:
        host = "127.0.0.1" if pooler.placement is Placement.SIDECAR else pooler_host
        # PgBouncer speaks TLS with the server; the way to it is the pod's, or the cluster's.
        return _Coordinates(
            *(host, POOLER_PORT, postgres.database, SslMode.DISABLE),
            *((host,), (POOLER_PORT,), READERS_DATABASE.format(database=postgres.database)),
        )
    hosts, ports = [reader.host for reader in readers], [reader.port for reader in readers]
    if readers_host is not None:
        hosts, ports = [readers_host], ports[:1]
    return _Coordinates(
        *(postgres.writer.host, postgres.writer.port, postgres.database, postgres.ssl_mode),
        *(tuple(hosts), tuple(ports), postgres.database),
    )


def _url_variable(postgres: Postgres, where: _Coordinates) -> Manifest:
    """The Secret's own URI, or one without the password: no one has to escape it."""
    names, secret = postgres.environment, postgres.credentials
    if secret.uri_key is not None:
        return _secret_variable(names.url, secret.secret_name, secret.uri_key)
    address = f"{where.host}:{where.port}/{where.database}"
    # The kubelet expands $(PGUSER): the operator never sees it.
    url = f"postgresql://$({names.user})@{address}?sslmode={where.ssl_mode.value}"
    return _plain(names.url, url)


def _reader_variables(postgres: Postgres, where: _Coordinates) -> list[Manifest]:
    """Comma-separated lists, in the form that libpq takes as host and port of several servers."""
    if not postgres.readers:
        return []
    names = postgres.environment
    pairs = zip(where.reader_hosts, where.reader_ports, strict=True)
    addresses = ",".join(f"{host}:{port}" for host, port in pairs)
    url = (
        f"postgresql://$({names.user})@{addresses}/{where.reader_database}"
        f"?sslmode={where.ssl_mode.value}"
    )
    variables = [
        _plain(names.reader_hosts, ",".join(where.reader_hosts)),
        _plain(names.reader_ports, ",".join(map(str, where.reader_ports))),
        _plain(names.reader_database, where.reader_database),
        _plain(names.reader_url, url),
    ]
    zones = [reader.zone or "" for reader in weighted_readers(postgres.readers)]
    if any(zones) and len(zones) == len(where.reader_hosts):
        variables.append(_plain(names.reader_zones, ",".join(zones)))
    if postgres.pooler is None and len(postgres.readers) > 1:
        # libpq 16 and newer choose at random; older ones do not know the variable.
        variables.append(_plain("PGLOADBALANCEHOSTS", "random"))
    return variables


def _pool_variables(postgres: Postgres, plans: Plans) -> list[Manifest]:
    names = postgres.environment
    by_role = {Role.WRITER: names.pool_size, Role.READERS: names.reader_pool_size}
    sizes = [
        _plain(name, plan.client)
        for role, name in by_role.items()
        if (plan := plans.get(role)) is not None and plan.client is not None
    ]
    return [*sizes, _plain(names.max_overflow, 0)] if sizes else []


def _root_certificate(postgres: Postgres) -> list[Manifest]:
    if postgres.ca_secret_ref is None or postgres.pooler is not None:
        return []
    return [_plain("PGSSLROOTCERT", f"{CA_FOLDER}/ca.crt")]


def _plain(name: str, value: object) -> Manifest:
    return {"name": name, "value": str(value)}


def _secret_variable(name: str, secret: str, key: str) -> Manifest:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
