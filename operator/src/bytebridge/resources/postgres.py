"""The database settings of the pods: plain coordinates, credentials by reference."""

from bytebridge.api.postgres import Postgres, PostgresEndpoint
from bytebridge.resources.ownership import Manifest


def postgres_environment(postgres: Postgres) -> list[Manifest]:
    """Variables that libpq reads (writer), and the readers in their own.

    Source of the names: PostgreSQL manual, "Environment Variables" of libpq.
    """
    credentials = postgres.credentials
    return [
        {"name": "PGHOST", "value": postgres.writer.host},
        {"name": "PGPORT", "value": str(postgres.writer.port)},
        {"name": "PGDATABASE", "value": postgres.database},
        {"name": "PGSSLMODE", "value": postgres.ssl_mode.value},
        _secret_variable("PGUSER", credentials.secret_name, credentials.username_key),
        _secret_variable("PGPASSWORD", credentials.secret_name, credentials.password_key),
        *_reader_variables(postgres.readers),
    ]


def _secret_variable(name: str, secret: str, key: str) -> Manifest:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def _reader_variables(readers: list[PostgresEndpoint]) -> list[Manifest]:
    """Comma-separated lists, in the form that libpq takes as host and port of several servers."""
    if not readers:
        return []
    return [
        {"name": "PGHOST_READERS", "value": ",".join(reader.host for reader in readers)},
        {"name": "PGPORT_READERS", "value": ",".join(str(reader.port) for reader in readers)},
    ]
