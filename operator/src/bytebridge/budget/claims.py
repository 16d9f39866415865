"""What a service wants of its databases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import Final

from bytebridge.api.mongodb import MONITORING_CONNECTIONS, MongoDB
from bytebridge.api.pooler import Placement, PoolMode
from bytebridge.api.postgres import SPARE_POOLERS, Postgres, PostgresReader
from bytebridge.api.service import ScalableService
from bytebridge.budget.endpoints import Endpoint, endpoint
from bytebridge.budget.peak import peak_pods, replicas_within


class Role(StrEnum):
    """What the connections are for; each role has pools, and a pool size, of its own."""

    WRITER = "writer"
    READERS = "readers"
    MONGODB = "mongodb"


MONGODB_PORT: Final = 27_017

ClaimKey = tuple[str, str, Role]
"""Namespace, name, role."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The pools of one service to one database in one role."""

    key: ClaimKey
    shares: Mapping[Endpoint, Fraction]
    """Part of all connections that an endpoint must be able to take; 1 where it may have all."""
    max_replicas: int
    max_pool_size: int
    pools_per_pod: int = 1
    fixed_pools: int = 0
    """Pools of a pooler Deployment: as many however many pods the service has; 0: pods have them.
    """
    overhead: int = 0
    """Connections of a pool that are not in its size."""
    weight: int = 1

    def connections(self, pool_size: int, replicas: int) -> int:
        """Connections at the worst moment."""
        return self._pools(replicas) * (pool_size + self.overhead)

    def largest_pool(self, connections: int, replicas: int) -> int:
        """The largest pool size within these connections; below 1: not even one is left."""
        return connections // max(1, self._pools(replicas)) - self.overhead

    def safe_replicas(self, connections: int, pool_size: int = 1) -> int:
        """The highest `maxReplicas` within these connections, no more than is asked for."""
        pools = connections // (pool_size + self.overhead)
        if self.fixed_pools:
            return self.max_replicas if pools >= self.fixed_pools else 0
        return min(self.max_replicas, replicas_within(pools // self.pools_per_pod))

    def load(self, of: Endpoint, connections: int) -> int:
        """How many of the claim's connections this endpoint may have."""
        return ceil(self.shares[of] * connections)

    def within(self, left: Mapping[Endpoint, int]) -> int:
        """Connections that the claim may hold if its endpoints have these left."""
        return max(0, min(floor(left[of] / share) for of, share in self.shares.items()))

    def _pools(self, replicas: int) -> int:
        return self.fixed_pools or peak_pods(replicas) * self.pools_per_pod


def claims_of(service: ScalableService) -> Iterator[Claim]:
    """All claims of a service, whether their endpoints have a limit or not."""
    postgres, mongodb = service.spec.database.postgres, service.spec.database.mongodb
    if mongodb is not None:
        yield _mongodb_claim(service, mongodb)
    if postgres is None:
        return
    namespace = service.metadata.namespace
    writer = {endpoint(postgres.writer.host, postgres.writer.port, namespace): Fraction(1)}
    yield _postgres_claim(service, postgres, Role.WRITER, writer)
    if postgres.readers:
        shares = reader_shares(postgres.readers, namespace)
        yield _postgres_claim(service, postgres, Role.READERS, shares)


def reader_shares(readers: Sequence[PostgresReader], namespace: str) -> Mapping[Endpoint, Fraction]:
    """Each reader's part while any one of the others has failed.

    With weights w and their sum W, reader i has w_i / (W - w_j) while j is gone; the worst j
    counts. Where pods prefer the reader of their zone, they may all be in one zone, so any reader
    may have all.
    """
    weights: dict[Endpoint, int] = {}
    for reader in readers:
        of = endpoint(reader.host, reader.port, namespace)
        weights[of] = weights.get(of, 0) + reader.weight
    if len(weights) == 1 or any(reader.zone for reader in readers):
        return dict.fromkeys(weights, Fraction(1))
    total = sum(weights.values())
    return {
        of: max(Fraction(weight, total - gone) for other, gone in weights.items() if other != of)
        for of, weight in weights.items()
    }


def _mongodb_claim(service: ScalableService, mongodb: MongoDB) -> Claim:
    """Each client may hold a whole pool, and its monitoring, at each member."""
    return Claim(
        key=(service.metadata.namespace, service.metadata.name, Role.MONGODB),
        shares={mongodb_endpoint(mongodb, service.metadata.namespace): Fraction(1)},
        max_replicas=service.spec.scaling.max_replicas,
        max_pool_size=mongodb.max_pool_size,
        pools_per_pod=mongodb.pools_per_replica,
        overhead=MONITORING_CONNECTIONS,
        weight=mongodb.budget_weight,
    )


def mongodb_endpoint(mongodb: MongoDB, namespace: str) -> Endpoint:
    """Stands for each member of the cluster: they accept the same number."""
    return endpoint(mongodb.cluster, MONGODB_PORT, namespace)


def _postgres_claim(
    service: ScalableService, postgres: Postgres, role: Role, shares: Mapping[Endpoint, Fraction]
) -> Claim:
    metadata, pooler = service.metadata, postgres.pooler
    max_replicas = service.spec.scaling.max_replicas
    pod_pools, useful = postgres.pools_per_replica, postgres.max_pool_size
    fixed = 0
    if pooler is not None and pooler.placement is Placement.SIDECAR:
        if pooler.mode is PoolMode.TRANSACTION:
            pod_pools, useful = 1, useful * pod_pools
    elif pooler is not None:
        # More server connections than clients can use are of no use.
        useful = ceil(max_replicas * pod_pools * useful / pooler.replicas)
        fixed = pooler.replicas + SPARE_POOLERS
    return Claim(
        key=(metadata.namespace, metadata.name, role),
        shares=shares,
        max_replicas=max_replicas,
        max_pool_size=useful,
        pools_per_pod=pod_pools,
        fixed_pools=fixed,
        weight=postgres.budget_weight,
    )


def groups(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Claims that share endpoints, directly or through others; each group in the given order."""
    leaders: dict[Endpoint, Endpoint] = {}

    def leader(of: Endpoint) -> Endpoint:
        while leaders.setdefault(of, of) != of:
            of = leaders[of]
        return of

    for claim in claims:
        first, *others = claim.shares
        for other in others:
            leaders[leader(other)] = leader(first)
    found: dict[Endpoint, list[Claim]] = {}
    for claim in claims:
        found.setdefault(leader(next(iter(claim.shares))), []).append(claim)
    return list(found.values())
