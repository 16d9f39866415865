"""`spec.database.postgres`: where PostgreSQL is, what it can bear, and how pods learn of it."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from bytebridge.api.base import Model, rules
from bytebridge.api.monitoring import DatabaseMonitoring
from bytebridge.api.pooler import Placement, Pooler
from bytebridge.api.secrets import SecretKey, SecretName

Connections = Annotated[int, Field(ge=1, le=1_000_000)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]

FEWEST_PODS: Final = 3
"""A service of one replica: the pod, its successor in a rollout, and one that terminates."""
SPARE_POOLERS: Final = 2
"""Of a pooler Deployment: one more in a rollout, and one that terminates."""

_POOLS_OF_ONE = (
    f"(!has(self.pooler) ? {FEWEST_PODS} * self.poolsPerReplica : "
    f"self.pooler.placement == '{Placement.SIDECAR.value}' ? {FEWEST_PODS} : "
    f"self.pooler.replicas + {SPARE_POOLERS})"
)
_TOO_FEW = (
    "spec.database.postgres.maxConnections: {limit} less reservedConnections {reserved} leaves "
    "{left}, and one replica needs {needed} pools (its rollout and a terminating pod counted); "
    "raise maxConnections, or lower reservedConnections or poolsPerReplica"
)
_URI_WITH_POOLER = (
    "spec.database.postgres.credentials.uriKey: the Secret's URI names the server itself and would "
    "lead past the pooler; remove uriKey or pooler"
)
_ONE_PORT = (
    "spec.database.postgres.readers[].port: PgBouncer takes one port for all readers; "
    "give them the same or remove pooler"
)
_LIMIT_UNUSED = (
    "spec.database.postgres.readers[].maxConnections: only with maxConnections of the writer; "
    "add maxConnections"
)


def _too_few_in_cel() -> str:
    """The message of `_TOO_FEW` with its numbers, as an expression."""
    # Not by `+`: of string(int) the API server estimates no bound, and refuses the cost.
    values = (
        "self.maxConnections",
        "self.reservedConnections",
        "self.maxConnections - self.reservedConnections",
        _POOLS_OF_ONE,
    )
    text = _TOO_FEW.format(limit="%d", reserved="%d", left="%d", needed="%d")
    return f"'{text}'.format([{', '.join(values)}])"


class SslMode(StrEnum):
    """libpq's sslmode."""

    DISABLE = "disable"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class PostgresEndpoint(Model):
    """One PostgreSQL endpoint."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    """A name without dots is a Service of the same namespace."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 5432


class PostgresReader(PostgresEndpoint):
    """A read-only endpoint."""

    weight: Annotated[int, Field(ge=1, le=10)] = 1
    """Its share of the readers' connections beside the others' weights."""
    zone: Annotated[str | None, Field(min_length=1, max_length=63)] = None
    """Its `topology.kubernetes.io/zone`; pods of the zone may prefer it."""
    max_connections: Connections | None = None
    """The reader's own `max_connections`; by default that of the writer."""


class PostgresCredentials(Model):
    """A Secret of the same namespace; pods reference it, the operator never reads it.

    The defaults are the keys that CloudNativePG, Zalando's operator and Service Binding write.
    """

    secret_name: SecretName
    username_key: Annotated[str, Field(min_length=1)] = "username"
    password_key: Annotated[str, Field(min_length=1)] = "password"  # noqa: S105 - a key's name
    uri_key: Annotated[str | None, Field(min_length=1)] = None
    """Key of a whole URI, such as `uri`: it becomes DATABASE_URL as it is."""


class PostgresEnvironment(Model):
    """Names of the variables that pods receive."""

    host: VariableName = "PGHOST"
    port: VariableName = "PGPORT"
    database: VariableName = "PGDATABASE"
    user: VariableName = "PGUSER"
    password: VariableName = "PGPASSWORD"  # noqa: S105 - a variable's name
    ssl_mode: VariableName = "PGSSLMODE"
    url: VariableName = "DATABASE_URL"
    """Without the password, which libpq and the drivers take from PGPASSWORD."""
    reader_hosts: VariableName = "PGHOST_READERS"
    """Comma-separated, a reader of weight n n times."""
    reader_ports: VariableName = "PGPORT_READERS"
    reader_database: VariableName = "PGDATABASE_READERS"
    """Behind a pooler the readers are a database of their own."""
    reader_zones: VariableName = "PGZONE_READERS"
    reader_url: VariableName = "DATABASE_READER_URL"
    pool_size: VariableName = "DB_POOL_SIZE"
    """Connections that one pool to the writer may hold."""
    max_overflow: VariableName = "DB_MAX_OVERFLOW"
    """Always 0: the pool size is all that the budget has."""
    reader_pool_size: VariableName = "DB_READER_POOL_SIZE"
    """Connections that one pool to the readers may hold."""


class Postgres(Model):
    """A PostgreSQL with a writer and any number of readers."""

    model_config = rules(
        (
            (
                "!has(self.maxConnections) || "
                f"self.maxConnections - self.reservedConnections >= {_POOLS_OF_ONE}"
            ),
            (
                "spec.database.postgres.maxConnections: less reservedConnections it must suffice "
                "for one replica with its rollout and a terminating pod; raise it"
            ),
            _too_few_in_cel(),
        ),
        ("!has(self.pooler) || !has(self.credentials.uriKey)", _URI_WITH_POOLER),
        (
            "!has(self.pooler) || self.readers.all(r, r.port == self.readers[0].port)",
            _ONE_PORT,
        ),
        (
            "has(self.maxConnections) || self.readers.all(r, !has(r.maxConnections))",
            _LIMIT_UNUSED,
        ),
    )

    database: Annotated[str, Field(min_length=1, max_length=63)]
    ssl_mode: SslMode = SslMode.REQUIRE
    ca_secret_ref: SecretKey | None = None
    """Certificate authority of `verify-ca` and `verify-full`; mounted, PGSSLROOTCERT names it."""
    writer: PostgresEndpoint
    readers: Annotated[list[PostgresReader], Field(max_length=16)] = []
    credentials: PostgresCredentials
    max_connections: Connections | None = None
    """`max_connections` of the server; absent (and no DatabaseBudget): nothing is budgeted."""
    reserved_connections: Annotated[int, Field(ge=0, le=1_000_000)] = 10
    """Connections kept for superusers, migrations, backups and exporters."""
    pools_per_replica: Annotated[int, Field(ge=1, le=1_000)] = 1
    """Processes of a pod times pools of a process, for the writer and for the readers each."""
    max_pool_size: Annotated[int, Field(ge=1, le=1_000)] = 20
    """Most connections of one pool, however many the server has; with a pooler the pool size."""
    budget_weight: Annotated[int, Field(ge=1, le=100)] = 1
    """Share of this service beside others of the same endpoint."""
    environment: PostgresEnvironment = PostgresEnvironment()
    monitoring: DatabaseMonitoring | None = None
    pooler: Pooler | None = None

    @model_validator(mode="after")
    def _can_be_served(self) -> Self:
        """The CRD's rules, for files that no API server has seen."""
        if self.pooler is not None and self.credentials.uri_key is not None:
            raise ValueError(_URI_WITH_POOLER)
        if self.pooler is not None and len({reader.port for reader in self.readers}) > 1:
            raise ValueError(_ONE_PORT)
        if self.max_connections is None:
            if any(reader.max_connections is not None for reader in self.readers):
                raise ValueError(_LIMIT_UNUSED)
            return self
        left, needed = self.max_connections - self.reserved_connections, self._pools_of_one()
        if left < needed:
            limit, reserved = self.max_connections, self.reserved_connections
            words = _TOO_FEW.format(limit=limit, reserved=reserved, left=left, needed=needed)
            raise ValueError(words)
        return self

    def _pools_of_one(self) -> int:
        """Pools of one replica at the worst moment."""
        if self.pooler is None:
            return FEWEST_PODS * self.pools_per_replica
        if self.pooler.placement is Placement.SIDECAR:
            return FEWEST_PODS
        return self.pooler.replicas + SPARE_POOLERS
