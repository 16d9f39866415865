"""The real service in this process, on loopback, with a model that takes as long as a test says."""

import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from aiohttp import web

from e2e.workload.model.classifier import Classifier, Prediction
from e2e.workload.model.features import WIDTH
from e2e.workload.model.training import main
from e2e.workload.service.answers import Answers
from e2e.workload.service.application import ClauseService, Lifecycle
from e2e.workload.service.cache import AnswerCache, NoCache
from e2e.workload.service.metrics import ServiceMetrics
from e2e.workload.service.policies import NoPolicies, Policies
from e2e.workload.service.slots import Slots


@dataclass(frozen=True, slots=True)
class HeldClassifier(Classifier):
    """Waits for the gate before it answers, so that a test has requests wait."""

    gate: threading.Event = field(default_factory=threading.Event)

    def classify(self, clauses: Sequence[str]) -> list[Prediction]:
        assert self.gate.wait(30)
        return [Prediction("payment", 1.0) for _ in clauses]


@dataclass(frozen=True, slots=True)
class AtWork:
    url: str
    model: HeldClassifier
    slots: Slots
    metrics: ServiceMetrics
    lifecycle: Lifecycle

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@asynccontextmanager
async def service_at_work(
    slots: int = 1,
    queue_limit: int = 64,
    cache: AnswerCache | None = None,
    policies: Policies | None = None,
) -> AsyncIterator[AtWork]:
    held, lifecycle = Slots(slots, queue_limit), Lifecycle()
    metrics = ServiceMetrics(held)
    model = HeldClassifier(("payment",), np.zeros((WIDTH, 1), np.float32), np.zeros(1, np.float32))
    model.gate.set()
    answers = Answers(model, held, policies or NoPolicies(), metrics)
    service = ClauseService(answers, cache or NoCache(), metrics, lifecycle)
    runner = web.AppRunner(service.application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield AtWork(f"http://{host}:{port}", model, held, metrics, lifecycle)
    finally:
        model.gate.set()
        await runner.cleanup()


def trained_model(folder: Path) -> Path:
    target = folder / "model.npz"
    assert main(target) == 0
    return target
