"""The DatabaseBudget: what one database endpoint can bear, for all services that name it."""

from typing import Annotated, Literal

from pydantic import Field

from bytebridge.api.base import Model, rules
from bytebridge.api.postgres import Connections


class DatabaseBudgetSpec(Model):
    """An endpoint and its limit; it goes before what services say of the same endpoint."""

    model_config = rules(
        (
            "self.maxConnections > self.reservedConnections",
            "spec.maxConnections: must be above reservedConnections",
            (
                "'spec.maxConnections: %d less reservedConnections %d leaves nothing to share; "
                "raise maxConnections or lower reservedConnections'"
                ".format([self.maxConnections, self.reservedConnections])"
            ),
        )
    )

    host: Annotated[str, Field(min_length=1, max_length=253)]
    """As services name it; a Service of the cluster with its namespace, as `legal-db-rw.legal`."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 5432
    max_connections: Connections
    """Connections that the server accepts."""
    reserved_connections: Annotated[int, Field(ge=0, le=1_000_000)] = 10
    """Connections kept for superusers, migrations, backups and exporters."""


class BudgetHolder(Model):
    """A service that holds connections."""

    namespace: str
    name: str
    role: str
    """writer, readers or mongodb."""
    pool_size: int
    connections: int
    """At the worst moment: all replicas, a rollout's surge and terminating pods."""


class DatabaseBudgetStatus(Model):
    """Who holds what."""

    observed_generation: int = 0
    usable_connections: int = 0
    held_connections: int = 0
    free_connections: int = 0
    holders: list[BudgetHolder] = []
    summary: str = ""
    """Holders in one line."""


class DatabaseBudgetMetadata(Model):
    """The parts of its metadata that the operator uses."""

    name: str
    generation: int = 0


class DatabaseBudget(Model):
    """The connections of one database endpoint, shared by the services that name it."""

    api_version: Literal["scaling.bytebridge.io/v1alpha1"] = "scaling.bytebridge.io/v1alpha1"
    kind: Literal["DatabaseBudget"] = "DatabaseBudget"
    metadata: DatabaseBudgetMetadata
    spec: DatabaseBudgetSpec
