"""The service's process: from start to a graceful end."""

import asyncio
import signal
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from typing import Final

from aiohttp import web

from e2e.workload.model.classifier import load_classifier
from e2e.workload.service.answers import Answers
from e2e.workload.service.application import ClauseService, Lifecycle
from e2e.workload.service.cache import AnswerCache, NoCache
from e2e.workload.service.metrics import ServiceMetrics
from e2e.workload.service.policies import NoPolicies, Policies
from e2e.workload.service.settings import ServiceSettings
from e2e.workload.service.slots import Slots

FINISH_SECONDS: Final = 20.0
"""For requests that are within the server when it takes no more; below the pod's grace period."""


async def serve(settings: ServiceSettings, host: str = "0.0.0.0") -> None:  # noqa: S104 - in a pod
    """Serve until SIGTERM or SIGINT, and finish what was taken on.

    Raises:
        OSError: The model is not there, or the port is taken.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    slots, lifecycle = Slots(settings.slots, settings.queue_limit), Lifecycle()
    metrics = ServiceMetrics(slots)
    async with AsyncExitStack() as stack:
        cache = await stack.enter_async_context(_open_cache(settings, metrics))
        policies = await stack.enter_async_context(_open_policies(settings, metrics))
        answers = Answers(load_classifier(settings.model), slots, policies, metrics)
        service = ClauseService(answers, cache, metrics, lifecycle)
        runner = web.AppRunner(
            service.application(), access_log=None, shutdown_timeout=FINISH_SECONDS
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, host, settings.port).start()
        print(f"serving on port {settings.port}, {settings.slots} at once", flush=True)
        await stop.wait()
        lifecycle.draining = True
        print(f"taking requests for {settings.drain_seconds:g} s more", flush=True)
        # Nothing tells a pod that its address has reached every proxy's list of the gone.
        await asyncio.sleep(settings.drain_seconds)
    print("ended", flush=True)


# What a pod does not use it does not load: with a tenth of a core that is seconds of its start.
def _open_cache(
    settings: ServiceSettings, metrics: ServiceMetrics
) -> AbstractAsyncContextManager[AnswerCache]:
    if settings.redis_url is None:
        return nullcontext(NoCache())
    from e2e.workload.service.redis_cache import open_redis_cache

    return open_redis_cache(settings.redis_url, settings.cache_seconds, metrics)


def _open_policies(
    settings: ServiceSettings, metrics: ServiceMetrics
) -> AbstractAsyncContextManager[Policies]:
    if settings.database_url is None:
        return nullcontext(NoPolicies())
    from e2e.workload.service.postgres_policies import open_postgres_policies

    return open_postgres_policies(settings.database_url, settings.pool_size, metrics)
