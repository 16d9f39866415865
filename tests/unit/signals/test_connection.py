"""How long a connection to Prometheus is kept."""

import asyncio

import pytest
from aiohttp import web

from bytebridge.signals.connection import (
    KEEP_ALIVE_SECONDS,
    PrometheusConnection,
    ask,
    open_session,
)

VECTOR = {"status": "success", "data": {"resultType": "vector", "result": []}}


@pytest.mark.parametrize(
    ("pause", "connections"), [(0.0, 1), (2 * KEEP_ALIVE_SECONDS, 2)], ids=["a tick", "two ticks"]
)
async def test_each_tick_connects_anew(pause: float, connections: int) -> None:
    peers = set()

    async def answer(request: web.Request) -> web.Response:
        peers.add(request.transport.get_extra_info("peername") if request.transport else None)
        return web.json_response(VECTOR)

    application = web.Application()
    application.router.add_post("/api/v1/query", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        connection = PrometheusConnection(f"http://127.0.0.1:{port}")
        async with open_session(connection, 4.0, 1) as session:
            await ask(session, connection, {}, "up", 4.0)
            await asyncio.sleep(pause)
            await ask(session, connection, {}, "up", 4.0)
    finally:
        await runner.cleanup()
    assert len(peers) == connections
