"""From a document to its answer: inference in a slot, on a thread."""

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from e2e.workload.model.classifier import Classifier, Prediction, split_document
from e2e.workload.service.metrics import ServiceMetrics
from e2e.workload.service.policies import Policies
from e2e.workload.service.slots import Slots

EXCERPT = 60
"""Characters of a clause in the answer."""


class Answers:
    """Answers documents, as many at once as there are slots."""

    def __init__(
        self, model: Classifier, slots: Slots, policies: Policies, metrics: ServiceMetrics
    ) -> None:
        self._model = model
        self._slots = slots
        self._policies = policies
        self._metrics = metrics
        self._threads = ThreadPoolExecutor(slots.size, "inference")

    async def answer(self, document: str) -> dict[str, Any]:
        """Classify the clauses of a document, and look up who reviews them.

        Raises:
            QueueFullError: Too many wait for a slot.
            PoliciesUnknownError: The database did not answer.
        """
        async with self._slots.hold():
            with self._metrics.service.time():
                loop = asyncio.get_running_loop()
                clauses, found, cpu = await loop.run_in_executor(
                    self._threads, _infer, self._model, document
                )
        self._metrics.cpu.inc(cpu)
        policies = await self._policies.look_up(one.type for one in found)
        return {
            "clauses": [
                {
                    "text": clause[:EXCERPT],
                    "type": one.type,
                    "confidence": one.confidence,
                    "review": policies.get(one.type),
                }
                for clause, one in zip(clauses, found, strict=True)
            ],
            "types": Counter(one.type for one in found),
        }


def _infer(model: Classifier, document: str) -> tuple[list[str], list[Prediction], float]:
    begun = time.thread_time()
    clauses = split_document(document)
    found = model.classify(clauses)
    return clauses, found, time.thread_time() - begun
