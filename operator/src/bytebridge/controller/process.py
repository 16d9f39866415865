"""The operator's process: everything is started here, and stopped in the opposite order."""

import asyncio
import datetime as dt
import gc
import signal
import socket
import time
import uuid
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import kopf
import structlog
from aiohttp import web

from bytebridge.cluster.client import ClusterClient
from bytebridge.cluster.connection import Connection
from bytebridge.cluster.kinds import DATABASE_BUDGET, POD_MONITOR
from bytebridge.cluster.leadership import Leadership
from bytebridge.controller.handlers import build_registry, kopf_settings
from bytebridge.controller.health import health_application
from bytebridge.controller.listing import begin_anew, fill, relist, scopes_of
from bytebridge.controller.loop import DecisionLoop
from bytebridge.controller.metrics import OperatorMetrics
from bytebridge.controller.route_watch import look_at_all_routes, watch_routes
from bytebridge.controller.seasons import recall_seasons
from bytebridge.controller.service_pass import Surroundings
from bytebridge.controller.settings import OperatorSettings
from bytebridge.controller.store import Store
from bytebridge.signals.past import Past
from bytebridge.signals.source import SignalSource

log = structlog.get_logger()

COLLECT_AFTER = 20_000
"""New objects; an answer of Prometheus for thousands of services is no garbage until it is read."""


async def run_operator(settings: OperatorSettings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        ApiError: The API server refused the first list: the CRD or a permission is missing.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        metrics = OperatorMetrics()
        connection = Connection(on_write=lambda kind: metrics.writes.labels(kind).inc())
        client = ClusterClient(await stack.enter_async_context(connection))
        source = await stack.enter_async_context(SignalSource(settings.prometheus))
        past = await stack.enter_async_context(Past(settings.prometheus, requests_at_once=1))
        store = Store(settings.tick_seconds)
        scopes = scopes_of(settings.namespaces)
        budgets = await client.knows(DATABASE_BUDGET)
        # Rights may be given in the watched namespaces only; an unknown kind is so everywhere.
        monitors = await client.knows(POD_MONITOR, scopes[0])
        await fill(store, client, scopes, budgets=budgets, monitors=monitors)
        await look_at_all_routes(store, client, scopes)
        loop = DecisionLoop(
            Surroundings(store, client, monitors, time.monotonic, _now),
            source,
            Leadership(client, settings.lease_namespace, _identity(), _now),
            metrics,
            settings.tick_seconds,
            partial(begin_anew, store, client, scopes, budgets=budgets),
        )
        await _serve_health(stack, settings, loop, metrics)
        _spare_the_collector()
        log.info("operator started", services=len(store.services))
        for looking in (
            relist(store, client, scopes, monitors=monitors),
            watch_routes(store, client, scopes),
            recall_seasons(store, past, lambda: loop.leading, time.monotonic),
        ):
            stack.callback(asyncio.create_task(looking).cancel)
        registry = build_registry(store, budgets=budgets)
        await _run_until_stopped(loop, registry, settings.namespaces, stop)
    log.info("operator stopped")


async def _run_until_stopped(
    loop: DecisionLoop,
    registry: kopf.OperatorRegistry,
    namespaces: tuple[str, ...],
    stop: asyncio.Event,
) -> None:
    watch_stop = asyncio.Event()
    # Without it kopf asks for the name of a user, which a container's number does not have.
    identity: Any = _identity()
    watches = asyncio.create_task(
        kopf.operator(
            registry=registry,
            settings=kopf_settings(),
            identity=identity,
            standalone=True,
            clusterwide=not namespaces,
            namespaces=namespaces,
            stop_flag=watch_stop,
        )
    )
    watches.add_done_callback(lambda _: stop.set())
    try:
        await loop.run(stop)
    finally:
        watch_stop.set()
        await watches


async def _serve_health(
    stack: AsyncExitStack,
    settings: OperatorSettings,
    loop: DecisionLoop,
    metrics: OperatorMetrics,
) -> None:
    application = health_application(loop, metrics, settings.tick_seconds, time.monotonic)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.listen_host, settings.listen_port).start()


def _spare_the_collector() -> None:
    """What was listed lives for long: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _identity() -> str:
    return f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
