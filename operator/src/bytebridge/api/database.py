"""`spec.database`: the connection settings that pods receive."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bytebridge.api.base import Model


class SslMode(StrEnum):
    """libpq's sslmode."""

    DISABLE = "disable"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class PostgresEndpoint(Model):
    """One PostgreSQL endpoint."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 5432


class PostgresCredentials(Model):
    """A Secret of the same namespace; pods reference it, the operator never reads it."""

    secret_name: Annotated[str, Field(min_length=1)]
    username_key: str = "username"
    password_key: str = "password"  # noqa: S105 - the key's name, as CloudNativePG writes it


class Postgres(Model):
    """A PostgreSQL with a writer and any number of readers."""

    database: Annotated[str, Field(min_length=1)]
    ssl_mode: SslMode = SslMode.REQUIRE
    writer: PostgresEndpoint
    readers: Annotated[list[PostgresEndpoint], Field(max_length=16)] = []
    credentials: PostgresCredentials


class Database(Model):
    """Databases of the service."""

    postgres: Postgres | None = None
