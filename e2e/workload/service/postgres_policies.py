"""Review policies in PostgreSQL, by a pool of the size that the operator gives."""

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from psycopg import Error
from psycopg_pool import AsyncConnectionPool

from e2e.workload.service.metrics import ServiceMetrics
from e2e.workload.service.policies import PoliciesUnknownError

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 5.0
_QUERY: Final = "select clause_type, review from clause_policy where clause_type = any(%s)"


class PostgresPolicies:
    """One query a request."""

    def __init__(self, pool: AsyncConnectionPool, metrics: ServiceMetrics) -> None:
        self._pool = pool
        self._count = metrics.lookups

    async def look_up(self, types: Iterable[str]) -> dict[str, str]:
        """Who reviews clauses of these types.

        Raises:
            PoliciesUnknownError: No connection came free in time, or the query failed.
        """
        try:
            async with self._pool.connection(timeout=WAIT_SECONDS) as connection:
                found = await connection.execute(_QUERY, [sorted(set(types))])
                rows = await found.fetchall()
        except Error as error:  # the pool's own time-out is one as well
            self._count.labels("error").inc()
            log.warning("database: %s", error)
            raise PoliciesUnknownError(str(error)) from error
        self._count.labels("ok").inc()
        return {str(kind): str(review) for kind, review in rows}


@asynccontextmanager
async def open_postgres_policies(
    url: str, pool_size: int, metrics: ServiceMetrics
) -> AsyncIterator[PostgresPolicies]:
    """The policies at this address; libpq takes the password from PGPASSWORD."""
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
