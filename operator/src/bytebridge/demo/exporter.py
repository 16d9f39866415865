"""The /metrics endpoint that Prometheus scrapes, on loopback."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bytebridge.demo.exposition import CONTENT_TYPE


@asynccontextmanager
async def serve_metrics(text: Callable[[], str]) -> AsyncIterator[str]:
    """Serve `text` at /metrics on a free port; yields host:port."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=text().encode(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        yield f"{host}:{port}"
    finally:
        await runner.cleanup()
