"""`spec.database.postgres.pooler`: PgBouncer between the pods and the server."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bytebridge.api.base import Model


class PoolMode(StrEnum):
    """When a client gives its server connection back."""

    TRANSACTION = "transaction"
    SESSION = "session"


class Placement(StrEnum):
    """Where PgBouncer runs."""

    DEPLOYMENT = "Deployment"
    SIDECAR = "Sidecar"


class Pooler(Model):
    """PgBouncer, run by the operator; its server connections come out of the budget."""

    mode: PoolMode = PoolMode.TRANSACTION
    """`session` for applications that keep state in a session: then a client is a connection."""
    placement: Placement = Placement.DEPLOYMENT
    """`Deployment`: a few poolers for all pods. `Sidecar`: one in each pod."""
    replicas: Annotated[int, Field(ge=1, le=20)] = 2
    """Poolers of a `Deployment`; they do not scale with the service."""
    image: Annotated[str, Field(min_length=1)] = "ghcr.io/cloudnative-pg/pgbouncer:1.25.1"
    """An image with `pgbouncer` on its PATH and a POSIX shell."""
    exporter_image: Annotated[str, Field(min_length=1)] = (
        "quay.io/prometheuscommunity/pgbouncer-exporter:v0.11.1"
    )
    """Exports PgBouncer's own metrics on port 9127."""
