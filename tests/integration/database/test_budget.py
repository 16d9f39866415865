"""The server never refuses a connection that the budget has granted, and refuses one without it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bytebridge.budget.peak import peak_pods
from bytebridge.lab.postgres import PostgresServer
from bytebridge.lab.processes import Processes
from integration.database.conftest import MAX_CONNECTIONS
from integration.database.servers import (
    Pooler,
    connections_at_once,
    pod_environment,
    ports_of,
    running_pods,
    service,
)
from support.objects import wait_for

pytestmark = pytest.mark.timeout(120)

REPLICAS = 40
RESERVED = 10
"""3 of them the server keeps for superusers by itself; the tests look on by the others."""


def _settings(postgres: PostgresServer, **more: Any) -> dict[str, Any]:
    return {
        "writer": {"host": "127.0.0.1", "port": postgres.port},
        "maxConnections": MAX_CONNECTIONS,
        "reservedConnections": RESERVED,
        **more,
    }


def test_from_two_to_forty_replicas_and_a_rollout(postgres: PostgresServer) -> None:
    environment = pod_environment(service(REPLICAS, **_settings(postgres)))
    with running_pods(environment) as pods:
        for count in (2, 10, REPLICAS, peak_pods(REPLICAS), 2):
            assert pods.grow(count)["errors"] == [], count
            expected = count * int(environment["DB_POOL_SIZE"])
            wait_for(f"{count} pods", lambda: connections_at_once(postgres), expected)
            assert expected <= MAX_CONNECTIONS - RESERVED
        assert pods.end() == []


def test_several_pools_a_replica(postgres: PostgresServer) -> None:
    settings = _settings(postgres, poolsPerReplica=2)
    environment = pod_environment(service(REPLICAS, **settings), TEST_POOLS_PER_REPLICA="2")
    with running_pods(environment) as pods:
        found = pods.grow(peak_pods(REPLICAS))
        assert found == {"opened": peak_pods(REPLICAS), "errors": []}
        assert connections_at_once(postgres) <= MAX_CONNECTIONS - RESERVED
        assert pods.end() == []


@pytest.mark.parametrize("pool_size", ["5", "6"])
def test_without_the_budget_the_server_refuses(postgres: PostgresServer, pool_size: str) -> None:
    """SQLAlchemy's own pool_size is 5, and 40 pods of it are 200."""
    environment = pod_environment(service(REPLICAS, **_settings(postgres)), DB_POOL_SIZE=pool_size)
    with running_pods(environment) as pods:
        errors = pods.grow(peak_pods(REPLICAS))["errors"]
        pods.end()
    assert any(
        "too many clients" in error
        or "remaining connection slots are reserved" in error
        or "too many connections" in error
        for error in errors
    ), errors


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_behind_poolers(
    postgres: PostgresServer,
    processes: Processes,
    folder: Path,
    ports: Iterator[int],
    mode: str,
) -> None:
    settings = _settings(postgres, pooler={"mode": mode}, maxPoolSize=5)
    of = service(REPLICAS, **settings)
    poolers = [
        Pooler(processes, folder / f"{mode}-{number}", of, next(ports)) for number in range(2)
    ]
    for pooler in poolers:
        wait_for("the pooler", partial(pooler.answers, postgres), wanted=True)
    environments = ports_of(poolers, pod_environment(of))
    with running_pods(*environments) as pods:
        for count in (2, REPLICAS, peak_pods(REPLICAS), 2):
            assert pods.grow(count)["errors"] == [], count
            assert connections_at_once(postgres) <= MAX_CONNECTIONS - RESERVED
        assert pods.end() == []
    for pooler in poolers:
        processes.stop(f"pgbouncer-{pooler.port}", grace_seconds=20)
    wait_for("no connection is left", lambda: connections_at_once(postgres), 0)
