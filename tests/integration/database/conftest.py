"""Real database servers on loopback; the Kubernetes lab is not needed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bytebridge.lab.debian import folder_for_servers
from bytebridge.lab.ports import free_ports
from bytebridge.lab.postgres import PostgresServer, start_postgres
from bytebridge.lab.processes import Processes
from integration.database.servers import DATABASE, PASSWORD, USER

MAX_CONNECTIONS = 200


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = folder_for_servers("bytebridge-database-")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    with Processes(tmp_path_factory.mktemp("servers")) as processes:
        yield processes


@pytest.fixture(scope="module")
def ports() -> Iterator[int]:
    return free_ports()


@pytest.fixture(scope="module")
def postgres(processes: Processes, folder: Path, ports: Iterator[int]) -> PostgresServer:
    server = start_postgres(processes, folder, next(ports), MAX_CONNECTIONS)
    quoted = PASSWORD.replace("'", "''")
    server.sql(f"create role {USER} login password '{quoted}'")
    server.sql(f"create database {DATABASE} owner {USER}")
    return server
