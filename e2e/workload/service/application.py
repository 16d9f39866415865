"""Routes of the service."""

import json
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from e2e.workload.service.answers import Answers
from e2e.workload.service.cache import AnswerCache
from e2e.workload.service.metrics import CONTENT_TYPE, ROUTE, ServiceMetrics
from e2e.workload.service.policies import PoliciesUnknownError
from e2e.workload.service.slots import QueueFullError

LARGEST_DOCUMENT_BYTES: Final = 1 << 20
_JSON: Final = "application/json"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Lifecycle:
    """Whether the service is about to end."""

    def __init__(self) -> None:
        self.draining = False


class ClauseService:
    """Handlers of the routes."""

    def __init__(
        self, answers: Answers, cache: AnswerCache, metrics: ServiceMetrics, lifecycle: Lifecycle
    ) -> None:
        self._answers = answers
        self._cache = cache
        self._metrics = metrics
        self._lifecycle = lifecycle

    def application(self) -> web.Application:
        """All routes."""
        application = web.Application(
            client_max_size=LARGEST_DOCUMENT_BYTES,
            middlewares=[self._let_go_while_draining],
        )
        application.add_routes(
            [
                web.post(ROUTE, self.classify),
                web.get("/healthz", self.alive),
                web.get("/readyz", self.ready),
                web.get("/metrics", self.metrics),
            ]
        )
        return application

    async def classify(self, request: web.Request) -> web.Response:
        """Answer a document, and count and time it."""
        begun = time.perf_counter()
        with self._metrics.in_progress.track_inprogress():
            response = await self._respond(request)
        self._metrics.latency.observe(time.perf_counter() - begun)
        group = f"{response.status // 100}xx"
        self._metrics.requests.labels(ROUTE, request.method, group).inc()
        response.headers["X-Pod"] = socket.gethostname()
        return response

    async def alive(self, _: web.Request) -> web.Response:
        """The process answers."""
        return web.Response(text="ok\n")

    async def ready(self, _: web.Request) -> web.Response:
        """Whether requests should come here."""
        if self._lifecycle.draining:
            return web.Response(status=503, text="about to end\n")
        return web.Response(text="ok\n")

    async def metrics(self, _: web.Request) -> web.Response:
        """Prometheus' text format."""
        # Not by content_type, which takes no parameters.
        headers = {"Content-Type": CONTENT_TYPE}
        return web.Response(body=self._metrics.exposition(), headers=headers)

    async def _respond(self, request: web.Request) -> web.Response:
        document = _document(await request.read())
        if document is None:
            return _refusal(400, 'the body: expected {"document": "<text>"}')
        kept = await self._cache.get(document)
        if kept is not None:
            return web.Response(body=kept, content_type=_JSON, headers={"X-Cache": "hit"})
        try:
            answer = json.dumps(await self._answers.answer(document)).encode()
        except QueueFullError:
            return _refusal(503, "too many requests wait: try again later")
        except PoliciesUnknownError:
            return _refusal(503, "the database does not answer: try again later")
        await self._cache.put(document, answer)
        return web.Response(body=answer, content_type=_JSON, headers={"X-Cache": "miss"})

    @web.middleware
    async def _let_go_while_draining(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Clients that keep their connection would come back to a server that ends."""
        response = await handler(request)
        if self._lifecycle.draining:
            response.force_close()
        return response


def _document(body: bytes) -> str | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    document = found.get("document") if isinstance(found, dict) else None
    return document if isinstance(document, str) else None


def _refusal(status: int, words: str) -> web.Response:
    return web.json_response({"error": words}, status=status)
