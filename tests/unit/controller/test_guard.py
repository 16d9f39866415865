"""The guard's memory lasts as long as the database is watched."""

from typing import Any

from bytebridge.budget.guard import GuardMemory
from bytebridge.controller.guard import guard_databases
from unit.controller.build import KEY, Clock, WillingCluster, service_body, surroundings


async def test_a_database_that_is_not_watched_any_more_holds_nothing_back() -> None:
    around = surroundings(WillingCluster(), Clock())
    around.store.put_service(service_body())
    entry = around.store.services[KEY]
    entry.guard.bound, entry.guard.left_out = 4, "10.0.0.1"
    entry.holdings.left_out = frozenset({"10.0.0.1"})
    nobody: Any = None  # nothing is asked
    await guard_databases(
        around.store, around.client, nobody, around.store.services, 0.0, around.now()
    )
    assert entry.guard == GuardMemory()
    assert entry.holdings.left_out == frozenset()
