"""The demo's pods on a real PostgreSQL."""

import asyncio
from functools import partial
from typing import Any

import pytest

from bytebridge.demo.api_server import Change
from bytebridge.demo.database import MAX_CONNECTIONS, DatabaseSide, database, database_side
from support.objects import wait_for

pytestmark = pytest.mark.timeout(120)


def _pod(name: str, size: int, *, deleted: bool = False) -> Change:
    environment = [{"name": "DB_POOL_SIZE", "value": str(size)}]
    manifest: dict[str, Any] = {
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "app", "env": environment}]},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    return Change(deleted, manifest)


async def _seen(side: DatabaseSide, connections: int) -> None:
    await asyncio.to_thread(wait_for, "connections", lambda: side.connections, connections)


async def test_pods_open_their_pools_and_too_many_are_refused() -> None:
    with database() as server:
        async with database_side(server) as side:
            assert side is not None
            for number in range(3):
                side.see_pod(_pod(f"pod-{number}", 4))
            await _seen(side, 12)
            side.see_pod(_pod("pod-0", 4, deleted=True))
            await _seen(side, 8)
            assert side.refused == 0
            side.see_pod(_pod("greedy", MAX_CONNECTIONS))
            refuses = partial(wait_for, "a refusal", lambda: side.refused > 0, wanted=True)
            await asyncio.to_thread(refuses)
