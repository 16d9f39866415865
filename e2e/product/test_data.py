"""The cache beside the pods, and the connections to the database."""

from collections.abc import Callable

from e2e.product.rates import RISE, SURGE, USUAL
from e2e.scene.prometheus import value
from e2e.scene.scene import Scene
from support.objects import wait_for

Say = Callable[[str], None]

CONNECTIONS = "select count(*) from pg_stat_activity where usename = 'legal'"
USABLE = 60 - 6
"""`maxConnections` less `reservedConnections` of the manifest."""


def test_the_cache_beside_the_pods_is_used(scene: Scene, say: Say) -> None:
    scene.serve("cache")
    load = scene.load("repeats", f"60@{USUAL}", repeated=0.6)
    result = load.result(seconds=180)
    say(f"cache: {result}, {result.cached} of the cache")
    assert result.failed == {}
    assert result.cached > 0.1 * result.sent
    hits = f'sum(redis_keyspace_hits_total{{namespace="{scene.namespace}"}})'
    wait_for("hits are exported", lambda: (value(scene.cluster, hits) or 0) > 0, True, 30)
    wait_for("hit ratio", lambda: (scene.status().get("cache") or {}).get("hitRatio", 0) > 0, True)


def test_a_surge_keeps_within_the_connections_of_the_database(scene: Scene, say: Say) -> None:
    scene.serve("database", "pooler")
    load = scene.load("surge", f"{RISE},30@{SURGE}")
    most = 0
    while not load.finished():
        most = max(most, _connections(scene))
    result = load.result(seconds=30)
    say(f"database: {result}, {most} connections at most")
    assert result.failed == {}
    assert 0 < most <= USABLE
    granted = scene.status()["database"]["writer"]["connections"]
    assert most <= granted <= USABLE
    assert scene.condition("DatabaseBudget") is not None
    assert len(result.pods) > 1


def _connections(scene: Scene) -> int:
    psql = '"$(echo /usr/lib/postgresql/*/bin)/psql" -h /tmp -U postgres'
    answer = scene.cluster.kubectl(
        *("-n", scene.namespace, "exec", "deployment/postgres", "--"),
        *("sh", "-c", f'{psql} -tAc "{CONNECTIONS}"'),
    )
    return int(answer)
