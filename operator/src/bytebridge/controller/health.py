"""/healthz, /readyz and /metrics on one port."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bytebridge.controller.loop import DecisionLoop
from bytebridge.controller.metrics import OperatorMetrics

STUCK_AFTER_TICKS = 12


def health_application(
    loop: DecisionLoop,
    metrics: OperatorMetrics,
    tick_seconds: float,
    monotonic: Callable[[], float],
) -> web.Application:
    """The web application of the probes."""
    started = monotonic()

    def age() -> float:
        return monotonic() - (loop.last_tick if loop.last_tick is not None else started)

    async def healthz(_: web.Request) -> web.Response:
        if age() > STUCK_AFTER_TICKS * tick_seconds:
            return web.Response(status=503, text=f"the last tick ended {age():.0f} s ago\n")
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        if loop.last_tick is None:
            return web.Response(status=503, text="no tick yet\n")
        return web.Response(text="leading\n" if loop.leading else "standing by\n")

    async def exposition(_: web.Request) -> web.Response:
        body = generate_latest(metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    application.router.add_get("/metrics", exposition)
    return application
