"""Review policies by type of clause, from PostgreSQL; without one, there are none."""

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool

from e2e.workload.service.metrics import ServiceMetrics

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 5.0
_QUERY: Final = "select clause_type, review from clause_policy where clause_type = any(%s)"


class PoliciesUnknownError(Exception):
    """The database did not answer."""


class Policies(Protocol):
    """Where policies are looked up."""

    async def look_up(self, types: Iterable[str]) -> dict[str, str]:
        """Who reviews clauses of these types."""


class NoPolicies:
    """Of a service without a database."""

    async def look_up(self, types: Iterable[str]) -> dict[str, str]:  # noqa: ARG002 - the protocol's
        """Nobody."""
        return {}


class PostgresPolicies:
    """One query a request, by a pool of the size that the operator gives."""

    def __init__(self, pool: "AsyncConnectionPool", metrics: ServiceMetrics) -> None:
        self._pool = pool
        self._count = metrics.lookups

    async def look_up(self, types: Iterable[str]) -> dict[str, str]:
        """Who reviews clauses of these types.

        Raises:
            PoliciesUnknownError: No connection came free in time, or the query failed.
        """
        from psycopg import Error

        try:
            async with self._pool.connection(timeout=WAIT_SECONDS) as connection:
                found = await connection.execute(_QUERY, [sorted(set(types))])
                rows = await found.fetchall()
        except Error as error:  # psycopg_pool's PoolTimeout is one as well
            self._count.labels("error").inc()
            log.warning("database: %s", error)
            raise PoliciesUnknownError(str(error)) from error
        self._count.labels("ok").inc()
        return {str(kind): str(review) for kind, review in rows}


@asynccontextmanager
async def open_policies(
    url: str | None, pool_size: int, metrics: ServiceMetrics
) -> AsyncIterator[Policies]:
    """The policies at this address; `None`: none. The password comes by PGPASSWORD."""
    if url is None:
        yield NoPolicies()
        return
    from psycopg_pool import AsyncConnectionPool

    pool = AsyncConnectionPool(
        url,
        min_size=1,
        max_size=pool_size,
        open=False,
        # Behind a pooler in transaction mode the next query may go to another server connection.
        kwargs={"prepare_threshold": None, "autocommit": True},
    )
    async with pool:
        yield PostgresPolicies(pool, metrics)
