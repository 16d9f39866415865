"""Grants of a tick: written first, used afterwards, stable."""

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Any, cast

import pytest

from bytebridge.budget.claims import Role
from bytebridge.budget.endpoints import Endpoint
from bytebridge.budget.grants import Grant
from bytebridge.budget.reservations import Booking
from bytebridge.cluster.errors import ApiError
from bytebridge.controller.budgets import keep_budgets
from bytebridge.controller.holdings import Holdings, holdings_of, status_of
from bytebridge.controller.store import Entry, Store
from support.objects import deployment, scalable_service

if TYPE_CHECKING:
    from bytebridge.cluster.client import ClusterClient

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Client:
    """What the API server would have been told."""

    def __init__(self) -> None:
        self.statuses: list[tuple[str, Any]] = []
        self.budgets: dict[str, Any] = {}
        self.events: list[str] = []
        self.refuses = False

    async def patch_status(self, _namespace: str, name: str, status: Any) -> None:
        if self.refuses:
            raise ApiError(500, "status", "refused")
        self.statuses.append((name, status["database"]))

    async def patch_budget_status(self, name: str, status: Any) -> None:
        self.budgets[name] = status

    async def create(self, manifest: Any) -> None:
        self.events.append(manifest["reason"])


class World:
    def __init__(self, max_connections: int | None = 190 + 10) -> None:
        self.store, self.client = Store(tick_seconds=5), Client()
        self.max_connections = max_connections

    def put(
        self,
        name: str,
        max_replicas: int = 40,
        generation: int = 1,
        image: str = "i",
        **status: Any,
    ) -> None:
        body = scalable_service(name, minReplicas=1, maxReplicas=max_replicas)
        body["metadata"] |= {"namespace": "nlp", "uid": name, "generation": generation}
        body["metadata"]["creationTimestamp"] = f"2026-01-01T00:00:0{len(self.store.services)}Z"
        body["spec"]["template"]["spec"]["containers"][0]["image"] = image
        postgres: dict[str, Any] = {
            "database": "d",
            "writer": {"host": "db"},
            "credentials": {"secretName": "s"},
        }
        if self.max_connections is not None:
            postgres["maxConnections"] = self.max_connections
        body["spec"]["database"] = {"postgres": postgres}
        body["status"] = status
        self.store.put_service(body)

    def spoil(self, name: str, **status: Any) -> None:
        """Its stored object is one that cannot be understood."""
        body = scalable_service(name)
        body["metadata"] |= {"namespace": "nlp", "uid": name, "generation": 2}
        body["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
        body["spec"]["scaling"]["maxReplicas"] = "many"
        body["status"] = status
        self.store.put_service(body)
        assert self.entry(name).service is None

    def tick(self, monotonic: float = 0.0) -> None:
        client = cast("ClusterClient", self.client)
        services = dict(self.store.services)
        asyncio.run(keep_budgets(self.store, client, services, monotonic, NOW))

    def entry(self, name: str) -> Entry:
        return self.store.services["nlp", name]

    def grant(self, name: str) -> tuple[int, int]:
        grant = self.entry(name).holdings.grants[Role.WRITER]
        return grant.pool_size, grant.ceiling

    def rolled_out(self, name: str, terminating: int | None = 0) -> None:
        body = deployment(name, 2)
        body["metadata"] |= {
            "namespace": "nlp",
            "generation": 2,
            "annotations": {"scaling.bytebridge.io/pools": self.entry(name).holdings.wiring.pools},
        }
        status: dict[str, Any] = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2}
        if terminating is not None:
            status["terminatingReplicas"] = terminating
        self.store.put_child("Deployment", {**body, "status": status})


def test_a_grant_is_written_once_before_it_is_used() -> None:
    world = World()
    world.put("a")
    world.tick()
    world.tick()
    assert world.grant("a") == (3, 40)
    ((name, database),) = world.client.statuses
    assert (name, database["writer"]["poolSize"], database["readers"]) == ("a", 3, None)


def test_what_cannot_be_written_is_not_used() -> None:
    world = World()
    world.put("a")
    world.client.refuses = True
    world.tick()
    assert world.entry("a").holdings.grants == {}
    assert world.entry("a").holdings.blocked is not None
    world.client.refuses = False
    world.tick()
    assert (world.grant("a"), world.entry("a").holdings.blocked) == ((3, 40), None)


def test_an_operator_that_starts_takes_over_what_stood() -> None:
    before = World()
    before.put("a")
    before.tick()
    after = World()
    after.put("a", database=before.client.statuses[0][1])
    after.tick()
    assert after.entry("a").holdings == before.entry("a").holdings
    assert after.client.statuses == []


@pytest.mark.parametrize(("image", "pool_size"), [("i", 3), ("other", 6)])
def test_pools_grow_only_when_the_pods_are_replaced_anyway(image: str, pool_size: int) -> None:
    world = World(240 + 10)
    world.put("a", max_replicas=26)  # 26 + 7 + 7 pods
    world.put("b", max_replicas=40)
    world.tick()
    assert world.grant("a")[0] == 3
    world.store.forget_service(("nlp", "b"))
    world.put("a", max_replicas=26, generation=2, image=image)
    world.tick()
    assert world.grant("a")[0] == pool_size


def test_others_shrink_one_at_a_time_and_are_told() -> None:
    world = World(120 + 10)
    for name in ("a", "b"):
        world.put(name, max_replicas=8)
    world.tick()
    for name in ("a", "b"):
        world.rolled_out(name)
    world.put("c", max_replicas=8)
    world.tick()
    assert [world.grant("a"), world.grant("b")] == [(5, 8), (3, 8)]
    assert world.client.events == ["DatabasePoolsShrink"]
    blocked = world.entry("c").holdings.blocked
    assert blocked is not None
    assert blocked[0] == "WaitingForConnections"
    world.tick()  # b's Deployment does not show the new size yet
    assert world.entry("c").holdings.grants == {}
    world.rolled_out("b", terminating=1)
    world.tick()
    assert world.entry("c").holdings.grants == {}
    world.rolled_out("b")
    world.tick()
    assert world.grant("c") == (2, 8)
    assert world.entry("c").holdings.blocked is None


def test_where_terminating_pods_are_not_counted_it_waits() -> None:
    world = World()
    world.put("a", max_replicas=8)
    world.tick()
    world.put("a", max_replicas=40, generation=2)
    world.tick()
    assert world.grant("a") == (3, 8)
    world.rolled_out("a", terminating=None)
    for monotonic, ceiling in [(100.0, 8), (159.0, 8), (160.0, 40)]:
        world.tick(monotonic)
        assert world.grant("a") == (3, ceiling)


def test_too_few_connections_are_told_with_numbers() -> None:
    world = World(60)
    world.put("a")
    world.tick()
    short = world.entry("a").holdings.short
    assert world.grant("a") == (1, 32)  # 32 + 8 + 8 pods
    assert short is not None
    assert "maxReplicas 40 needs 60 connections" in short
    assert "bears 50" in short
    assert "at most 32 replicas are safe" in short


def test_nothing_left_is_an_obstacle_with_numbers() -> None:
    world = World(13)
    world.put("a", max_replicas=1)
    world.put("b")
    world.tick()
    blocked = world.entry("b").holdings.blocked
    assert blocked is not None
    assert blocked[0] == "NoConnectionsLeft"
    assert "0 of 3 connections left" in blocked[1]


def test_more_pools_than_fit_are_an_obstacle_and_what_runs_stays_booked() -> None:
    world = World(60 + 10)
    world.put("a")  # 60 pods of one connection
    world.put("b", max_replicas=1)
    world.tick()
    assert world.entry("b").holdings.blocked is not None
    body = scalable_service("a", minReplicas=1, maxReplicas=40)
    body["metadata"] |= {"namespace": "nlp", "uid": "a", "generation": 2}
    body["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    body["spec"]["database"] = {
        "postgres": {
            "database": "d",
            "writer": {"host": "db"},
            "credentials": {"secretName": "s"},
            "maxConnections": 70,
            "poolsPerReplica": 20,
        }
    }
    world.store.put_service(body)
    world.tick()
    assert world.grant("a") == (1, 1)  # 3 pods of 20 pools
    body["metadata"]["generation"] = 3
    body["spec"]["database"]["postgres"] |= {"poolsPerReplica": 25, "maxConnections": 90}
    world.store.put_service(body)
    world.tick()
    blocked = world.entry("a").holdings.blocked
    assert blocked is not None
    assert world.entry("a").holdings.grants[Role.WRITER].held == 60
    world.tick()
    assert world.entry("b").holdings.grants == {}


def test_without_a_limit_nothing_is_budgeted() -> None:
    world = World(None)
    world.put("a")
    world.tick()
    assert world.entry("a").holdings == Holdings()
    assert world.client.statuses == []


def test_a_database_budget_says_who_holds_what() -> None:
    world = World(None)
    world.store.put_budget(
        {
            "metadata": {"name": "legal-db", "generation": 3},
            "spec": {"host": "db.nlp.svc", "maxConnections": 200, "reservedConnections": 10},
        }
    )
    world.put("a")
    world.put("b", max_replicas=1)
    world.tick()
    assert (world.grant("a"), world.grant("b")) == ((3, 40), (3, 1))
    status = world.client.budgets["legal-db"]
    assert (status["usableConnections"], status["freeConnections"]) == (190, 1)
    assert status["summary"] == "nlp/a 180, nlp/b 9"


def test_a_service_without_its_database_gives_everything_back() -> None:
    world = World()
    world.put("a")
    world.tick()
    body = scalable_service("a")
    body["metadata"] |= {"namespace": "nlp", "uid": "a", "generation": 2}
    body["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    world.store.put_service(body)
    world.tick()
    assert world.client.statuses[-1] == ("a", None)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("others_state_it", [False, True])
def test_what_is_not_understood_any_more_keeps_its_connections(
    restarted: bool, others_state_it: bool
) -> None:
    """As after a change of the CRD that the stored object does not fit."""
    world = World(120 + 10)
    world.put("a", max_replicas=8)  # 12 pods
    world.max_connections = 120 + 10 if others_state_it else None
    world.put("b", max_replicas=8)
    world.tick()
    world.rolled_out("a")
    world.rolled_out("b")
    assert (world.grant("a"), world.grant("b")) == ((5, 8), (5, 8))
    status = dict(world.client.statuses)
    if restarted:
        world.store = Store(tick_seconds=5)
    world.spoil("a", database=status["a"])
    world.put("b", max_replicas=8, database=status["b"])
    world.put("c", max_replicas=8)
    world.client.events.clear()
    world.tick()
    assert world.entry("a").holdings.grants[Role.WRITER].held == 60
    # What c gets has to come from b: to a nothing can be rolled out.
    assert world.client.events == ["DatabasePoolsShrink"]
    assert world.grant("b") == (3, 8)
    world.rolled_out("b")
    world.tick()
    assert world.grant("c") == (2, 8)


def test_a_database_budget_shows_what_is_reserved() -> None:
    world = World(None)
    world.store.put_budget(
        {
            "metadata": {"name": "legal-db", "generation": 3},
            "spec": {"host": "db.nlp.svc", "maxConnections": 130, "reservedConnections": 10},
        }
    )
    world.put("a", max_replicas=8)
    world.tick()
    world.spoil("a")
    world.tick()
    assert world.client.budgets["legal-db"]["summary"] == "nlp/a 120"


def test_what_is_reserved_is_free_again_with_the_service() -> None:
    world = World(130)
    world.put("a", max_replicas=8)
    world.tick()
    world.spoil("a")
    world.put("b", max_replicas=8)
    world.tick()
    assert world.entry("b").holdings.grants == {}
    world.store.forget_service(("nlp", "a"))
    world.tick()
    assert world.grant("b") == (10, 8)


def test_the_status_keeps_all_of_a_grant() -> None:
    booking = Booking(Endpoint("db.nlp", 5432), 7, 8)
    holdings = Holdings({Role.READERS: Grant(1, 2, 3, 4, 5, 6)}, {Role.READERS: (booking,)}, "mark")
    assert holdings_of({"database": status_of(holdings)}) == holdings
