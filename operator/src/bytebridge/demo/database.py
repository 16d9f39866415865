"""A real PostgreSQL behind the synthetic service: every pod opens the pool that it is told.

The pods are KWOK's and run nothing, so the demo opens their connections for them: as many as the
pod's own DB_POOL_SIZE says, from when it is Ready until it is gone.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from bytebridge.demo.api_server import Change, Manifest
from bytebridge.demo.fleet import is_ready
from bytebridge.lab.debian import folder_for_servers
from bytebridge.lab.ports import LOOPBACK, free_ports
from bytebridge.lab.postgres import PostgresServer, start_postgres
from bytebridge.lab.processes import Processes

MAX_CONNECTIONS: Final = 200
USER: Final = "app"
PASSWORD: Final = "demo"  # noqa: S105 - of a server on loopback that lives for minutes
DATABASE: Final = "legal"
UNBUDGETED_POOL: Final = 5
"""SQLAlchemy's own pool_size, for pods that are not told one."""
_PAUSE_SECONDS: Final = 0.2

Connection = psycopg.AsyncConnection[tuple[object, ...]]


@dataclass(slots=True)
class DatabaseSide:
    """The pods' connections."""

    server: PostgresServer
    refused: int = 0
    """Connections that the server did not accept."""
    connections: int = 0
    """Of the pods, as the server counts them."""
    most: int = 0
    _wanted: dict[str, int] = field(default_factory=dict)
    _open: dict[str, list[Connection]] = field(default_factory=dict)

    def see_pod(self, change: Change) -> None:
        """Take in a Pod: it has its pool from when it is Ready until it is gone."""
        name = change.manifest["metadata"]["name"]
        if change.deleted:
            self._wanted.pop(name, None)
        elif is_ready(change.manifest):
            self._wanted.setdefault(name, pool_size(change.manifest))

    async def run(self) -> None:
        """Open and close what the pods want, until cancelled."""
        while True:
            for name in self._open.keys() - self._wanted.keys():
                await self._close(name)
            for name in self._wanted.keys() - self._open.keys():
                held = self._open.setdefault(name, [])
                for _ in range(self._wanted[name]):
                    if (connection := await self._connect()) is not None:
                        held.append(connection)
            self.connections = await asyncio.to_thread(self.server.connections, USER)
            self.most = max(self.most, self.connections)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def close(self) -> None:
        """Close all."""
        for name in list(self._open):
            await self._close(name)

    async def _close(self, name: str) -> None:
        for connection in self._open[name]:
            await connection.close()
        del self._open[name]

    async def _connect(self) -> Connection | None:
        try:
            return await psycopg.AsyncConnection.connect(
                host=LOOPBACK,
                port=self.server.port,
                dbname=DATABASE,
                user=USER,
                password=PASSWORD,
                sslmode="disable",
            )
        except psycopg.OperationalError:
            self.refused += 1
            return None


def pool_size(pod: Manifest) -> int:
    """What the pod's environment says, or what its library does by itself."""
    for container in pod["spec"]["containers"]:
        for variable in container.get("env", []):
            if variable["name"] == "DB_POOL_SIZE":
                return int(variable["value"])
    return UNBUDGETED_POOL


@contextlib.contextmanager
def database() -> Iterator[PostgresServer]:
    """A PostgreSQL with the application's user."""
    folder = folder_for_servers("bytebridge-demo-")
    logs = Path(tempfile.mkdtemp(prefix="bytebridge-demo-logs-"))
    try:
        with Processes(logs / "postgres") as processes:
            server = start_postgres(processes, folder, next(free_ports()), MAX_CONNECTIONS)
            server.sql(f"create role {USER} login password '{PASSWORD}'")
            server.sql(f"create database {DATABASE} owner {USER}")
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(logs, ignore_errors=True)


@contextlib.asynccontextmanager
async def database_side(server: PostgresServer | None) -> AsyncIterator[DatabaseSide | None]:
    """The pods' connections, kept in the background; none without a server."""
    if server is None:
        yield None
        return
    side = DatabaseSide(server)
    task = asyncio.ensure_future(side.run())
    try:
        yield side
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await side.close()
