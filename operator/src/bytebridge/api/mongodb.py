"""`spec.database.mongodb`: a replica set or Atlas cluster, by the URI of a Secret."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from bytebridge.api.base import Model, rules
from bytebridge.api.postgres import FEWEST_PODS, Connections, VariableName
from bytebridge.api.secrets import SecretName

MONITORING_CONNECTIONS: Final = 2
"""Of each client to each member, outside its pool (PyMongo's documentation, "maxPoolSize")."""

_NEEDED = FEWEST_PODS * (1 + MONITORING_CONNECTIONS)
_TOO_FEW = (
    "spec.database.mongodb.maxConnections: {limit} less reservedConnections {reserved} leaves "
    "{left}, and one replica needs {needed} (its rollout, a terminating pod and the clients' "
    "monitoring counted); raise maxConnections, or lower reservedConnections or poolsPerReplica"
)


class ReadPreference(StrEnum):
    """Which members are read from."""

    PRIMARY = "primary"
    PRIMARY_PREFERRED = "primaryPreferred"
    SECONDARY = "secondary"
    SECONDARY_PREFERRED = "secondaryPreferred"
    NEAREST = "nearest"


class MongoCredentials(Model):
    """A Secret of the same namespace; pods reference it, the operator never reads it."""

    secret_name: SecretName
    uri_key: Annotated[str, Field(min_length=1)] = "connectionString.standardSrv"
    """The default is the key that MongoDB's own operator writes."""


class MongoEnvironment(Model):
    """Names of the variables that pods receive."""

    uri: VariableName = "MONGODB_URI"
    max_pool_size: VariableName = "MONGODB_MAX_POOL_SIZE"
    """For the client's `maxPoolSize`: the operator cannot write into the Secret's URI."""
    read_preference: VariableName = "MONGODB_READ_PREFERENCE"


class MongoDB(Model):
    """A MongoDB."""

    model_config = rules(
        (
            (
                "!has(self.maxConnections) || self.maxConnections - self.reservedConnections >= "
                f"{_NEEDED} * self.poolsPerReplica"
            ),
            (
                "spec.database.mongodb.maxConnections: less reservedConnections it must suffice "
                "for one replica with its rollout and a terminating pod; raise it"
            ),
            (
                "'"
                + _TOO_FEW.replace("'", "\\'").format(
                    limit="%d", reserved="%d", left="%d", needed="%d"
                )
                + "'.format([self.maxConnections, self.reservedConnections, "
                "self.maxConnections - self.reservedConnections, "
                f"{_NEEDED} * self.poolsPerReplica])"
            ),
        )
    )

    cluster: Annotated[str, Field(min_length=1, max_length=253)]
    """Its host name; services that name the same share its connections."""
    credentials: MongoCredentials
    read_preference: ReadPreference = ReadPreference.PRIMARY
    max_connections: Connections | None = None
    """Connections that each member accepts; Atlas has them by tier."""
    reserved_connections: Annotated[int, Field(ge=0, le=1_000_000)] = 10
    """Connections kept for people, backups and exporters."""
    pools_per_replica: Annotated[int, Field(ge=1, le=1_000)] = 1
    """Clients of a pod: processes times clients of a process."""
    max_pool_size: Annotated[int, Field(ge=1, le=1_000)] = 20
    """Most connections of one client to a member, however many it accepts."""
    budget_weight: Annotated[int, Field(ge=1, le=100)] = 1
    """Share of this service beside others of the same cluster."""
    environment: MongoEnvironment = MongoEnvironment()

    @model_validator(mode="after")
    def _suffices_for_one(self) -> Self:
        """The CRD's rule, for files that no API server has seen."""
        limit, reserved = self.max_connections, self.reserved_connections
        needed = _NEEDED * self.pools_per_replica
        if limit is not None and limit - reserved < needed:
            left = limit - reserved
            words = _TOO_FEW.format(limit=limit, reserved=reserved, left=left, needed=needed)
            raise ValueError(words)
        return self
