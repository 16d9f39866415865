"""From a grant to the sizes that are written down: of the pods' pools and of the pooler's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bytebridge.api.pooler import Placement, Pooler, PoolMode
from bytebridge.api.postgres import Postgres
from bytebridge.budget.claims import Role
from bytebridge.budget.grants import Grant
from bytebridge.budget.peak import peak_pods, replicas_within

Grants = Mapping[Role, Grant]

UNBUDGETED_POOL: Final = 20
"""PgBouncer's own default_pool_size, where no limit is known."""
SPARE_CLIENTS: Final = 20
"""Clients of a pooler beside the pods' pools: people, exporters, retries."""


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """Sizes of one role."""

    client: int | None
    """Connections that one pool of a pod may hold; `None`: nothing is budgeted."""
    server: int
    """Connections that one pooler may hold; 0 without a pooler."""
    max_replicas: int | None
    """Replicas that this suffices for, where that is fewer than the grant's."""


def plan_pools(postgres: Postgres, grant: Grant | None, max_replicas: int) -> PoolPlan:
    """The sizes of a role.

    In transaction mode a client of the pooler needs no connection of its own, so pods have pools
    of `maxPoolSize` whatever the budget. In session mode every client has one.
    """
    pooler = postgres.pooler
    if pooler is None:
        return PoolPlan(grant.pool_size if grant else None, 0, None)
    if pooler.mode is PoolMode.TRANSACTION:
        server = grant.pool_size if grant else UNBUDGETED_POOL
        return PoolPlan(postgres.max_pool_size, server, None)
    return _session_plan(postgres, pooler, grant, max_replicas)


def clients_at_peak(postgres: Postgres, plans: Mapping[Role, PoolPlan], max_replicas: int) -> int:
    """Connections that one pooler must accept: of all pods, should they all come to it."""
    pooler = postgres.pooler
    sidecar = pooler is not None and pooler.placement is Placement.SIDECAR
    pods = 1 if sidecar else peak_pods(max_replicas)
    sizes = sum(plan.client or postgres.max_pool_size for plan in plans.values())
    return pods * postgres.pools_per_replica * sizes + SPARE_CLIENTS


def _session_plan(
    postgres: Postgres, pooler: Pooler, grant: Grant | None, max_replicas: int
) -> PoolPlan:
    pools = postgres.pools_per_replica
    if pooler.placement is Placement.SIDECAR:
        size = grant.pool_size if grant else max(1, UNBUDGETED_POOL // pools)
        return PoolPlan(size, size * pools, None)
    server = grant.pool_size if grant else UNBUDGETED_POOL
    size = pooler.replicas * server // (peak_pods(max_replicas) * pools)
    if size >= 1:
        return PoolPlan(min(size, postgres.max_pool_size), server, None)
    return PoolPlan(1, server, replicas_within(pooler.replicas * server // pools))
