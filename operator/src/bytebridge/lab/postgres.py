"""A real PostgreSQL on loopback."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bytebridge.lab.debian import POSTGRES, FoundServer, as_another_user, find_or_unpack
from bytebridge.lab.errors import LabError
from bytebridge.lab.ports import LOOPBACK
from bytebridge.lab.processes import Processes

SUPERUSER: Final = "postgres"
START_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server that runs."""

    folder: Path
    """Of its socket, by which the superuser comes in without a password."""
    port: int
    program: FoundServer

    def sql(self, text: str, database: str = "postgres") -> str:
        """Run statements as the superuser, and return what they print.

        Raises:
            LabError: The server refused them.
        """
        command = self.program.command(
            *("--no-psqlrc", "--tuples-only", "--no-align", "--quiet"),
            *("--set=ON_ERROR_STOP=1", f"--host={self.folder}", f"--port={self.port}"),
            *(f"--username={SUPERUSER}", f"--dbname={database}", "--command", text),
            program="psql",
        )
        result = subprocess.run(
            as_another_user(command), capture_output=True, text=True, check=False, cwd="/"
        )
        if result.returncode:
            raise LabError(f"PostgreSQL: {result.stderr.strip()}")
        return result.stdout.strip()

    def connections(self, user: str) -> int:
        """Connections that a user has now."""
        return int(self.sql(f"select count(*) from pg_stat_activity where usename = '{user}'"))  # noqa: S608


def start_postgres(
    processes: Processes, folder: Path, port: int, max_connections: int, name: str = "postgres"
) -> PostgresServer:
    """Start a server with a fresh data folder, and wait until it answers.

    Args:
        processes: Who runs it.
        folder: Of the user that servers run as; see `folder_for_servers`.
        port: On loopback.
        max_connections: As the setting of that name; 3 of them are the superuser's.
        name: Of the process.

    Raises:
        LabError: It is not to be had, or does not start.
    """
    program = find_or_unpack(POSTGRES)
    data = folder / name
    _initialize(program, data)
    settings = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": str(folder),
        "max_connections": str(max_connections),
        "shared_buffers": "16MB",
        # What is in it is worth nothing.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
    }
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    processes.start(name, as_another_user(program.command("-D", str(data), *options)))
    server = PostgresServer(folder, port, program)
    _wait_until_it_answers(server, processes)
    return server


def _initialize(program: FoundServer, data: Path) -> None:
    command = program.command(
        *("--pgdata", str(data), "--username", SUPERUSER, "--no-sync", "--locale=C"),
        *("--encoding=UTF8", "--auth-local=trust", "--auth-host=scram-sha-256"),
        program="initdb",
    )
    result = subprocess.run(
        as_another_user(command), capture_output=True, text=True, check=False, cwd="/"
    )
    if result.returncode:
        raise LabError(f"initdb failed:\n{result.stderr[-2000:]}")


def _wait_until_it_answers(server: PostgresServer, processes: Processes) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        processes.running()
        try:
            server.sql("select 1")
        except LabError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
