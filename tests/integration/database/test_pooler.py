"""The generated pgbouncer.ini in a real PgBouncer: loaded anew, and no client is dropped."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import Role
from bytebridge.lab.postgres import PostgresServer
from bytebridge.lab.processes import Processes
from bytebridge.resources.wiring import Wiring
from integration.database.servers import (
    DATABASE,
    PASSWORD,
    USER,
    Pooler,
    connections_at_once,
    service,
    wiring,
)
from support.objects import wait_for

pytestmark = pytest.mark.timeout(120)

CLIENTS = 16


@pytest.fixture
def pooled(postgres: PostgresServer) -> ScalableService:
    return service(
        writer={"host": "127.0.0.1", "port": postgres.port},
        readers=[{"host": host, "port": postgres.port} for host in ("127.0.0.1", "localhost")],
        maxConnections=50,
        pooler={},
    )


@pytest.fixture
def pooler(
    postgres: PostgresServer,
    processes: Processes,
    folder: Path,
    ports: Iterator[int],
    pooled: ScalableService,
) -> Iterator[Pooler]:
    port = next(ports)
    pooler = Pooler(processes, folder / f"pooler-{port}", pooled, port)
    wait_for("the pooler", lambda: pooler.answers(postgres), wanted=True)
    yield pooler
    processes.stop(f"pgbouncer-{port}", grace_seconds=20)


def connect(
    pooler: Pooler, database: str = DATABASE, password: str = PASSWORD
) -> psycopg.Connection:
    return psycopg.connect(
        host="127.0.0.1",
        port=pooler.port,
        dbname=database,
        user=USER,
        password=password,
        sslmode="disable",
        autocommit=True,
        prepare_threshold=None,
    )


class Clients:
    """Clients that keep their connection and are always in a short transaction."""

    def __init__(self, pooler: Pooler, database: str = DATABASE) -> None:
        self.errors: list[str] = []
        self.transactions = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(connect(pooler, database),))
            for _ in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, connection: psycopg.Connection) -> None:
        try:
            while not self._stop.is_set():
                connection.execute("select pg_sleep(0.02)")
                self.transactions += 1
            connection.close()
        except psycopg.Error as error:
            self.errors.append(str(error))


def resized(of: ScalableService, pool_size: int) -> Wiring:
    grants = wiring(of).grants
    changed = {role: replace(grant, pool_size=pool_size) for role, grant in grants.items()}
    return Wiring(changed)


def test_the_sizes_are_the_budgets(
    postgres: PostgresServer, pooler: Pooler, pooled: ScalableService
) -> None:
    assert wiring(pooled).grants[Role.WRITER].pool_size == 5  # 40 / (2 + 1 + 1), of two roles
    rows = [line.split("|") for line in pooler.admin(postgres, "show databases").splitlines()]
    sizes = {row[0]: row[5] for row in rows}
    assert (sizes[DATABASE], sizes[f"{DATABASE}_readers"]) == ("5", "5")
    for database in (DATABASE, f"{DATABASE}_readers"):
        with connect(pooler, database) as connection:
            assert connection.execute("select current_database()").fetchone() == (DATABASE,)


def test_a_changed_size_is_loaded_and_no_client_is_dropped(
    postgres: PostgresServer, pooler: Pooler, pooled: ScalableService
) -> None:
    clients = Clients(pooler)
    try:
        wait_for("all five", lambda: connections_at_once(postgres), 5)
        pooler.configure(resized(pooled, 2))
        wait_for("two are left", lambda: connections_at_once(postgres), 2)
        pooler.configure(resized(pooled, 9))
        wait_for("nine", lambda: connections_at_once(postgres), 9)
        before = clients.transactions
        wait_for("they go on", lambda: clients.transactions > before + CLIENTS, wanted=True)
    finally:
        clients.end()
    assert clients.errors == []


def test_a_reader_is_left_out_and_no_client_is_dropped(
    postgres: PostgresServer, pooler: Pooler, pooled: ScalableService
) -> None:
    readers = f"{DATABASE}_readers"

    def hosts() -> str:
        rows = (line.split("|") for line in pooler.admin(postgres, "show databases").splitlines())
        return next(row[1] for row in rows if row[0] == readers)

    assert hosts() == "127.0.0.1,localhost"
    clients = Clients(pooler, readers)
    try:
        pooler.configure(replace(wiring(pooled), left_out=frozenset({"localhost"})))
        wait_for("one is left out", hosts, "127.0.0.1")
        before = clients.transactions
        wait_for("they go on", lambda: clients.transactions > before + CLIENTS, wanted=True)
    finally:
        clients.end()
    assert clients.errors == []


def test_a_rotated_password_is_loaded(postgres: PostgresServer, pooler: Pooler) -> None:
    fresh = 'other " one'
    try:
        postgres.sql(f"alter role {USER} password '{fresh}'")
        pooler.rotate(fresh)

        def comes_in() -> bool:
            try:
                connect(pooler, password=fresh).close()
            except psycopg.OperationalError:
                return False
            return True

        wait_for("the new password is known", comes_in, wanted=True)
    finally:
        postgres.sql(f"alter role {USER} password '{PASSWORD.replace(chr(39), chr(39) * 2)}'")


def test_sigterm_waits_for_a_transaction(
    postgres: PostgresServer,
    processes: Processes,
    folder: Path,
    ports: Iterator[int],
    pooled: ScalableService,
) -> None:
    port = next(ports)
    pooler = Pooler(processes, folder / f"pooler-{port}", pooled, port)
    wait_for("the pooler", lambda: pooler.answers(postgres), wanted=True)
    answer: list[object] = []

    def work() -> None:
        with connect(pooler) as connection:
            answer.append(connection.execute("select 1 from pg_sleep(2)").fetchone())

    thread = threading.Thread(target=work)
    thread.start()
    running = "select count(*) from pg_stat_activity where state = 'active' and query like '%(2)%'"
    running += f" and usename = '{USER}'"
    wait_for("it runs", lambda: postgres.sql(running), "1")
    # As the kubelet does it: the signal is for the first process alone.
    os.kill(pooler.pid(), signal.SIGTERM)
    thread.join()
    assert answer == [(1,)]
    processes.stop(f"pgbouncer-{port}")
