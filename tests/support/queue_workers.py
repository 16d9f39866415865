"""Workers that take messages from a queue, and what its broker tells; nothing of the project."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush
from math import exp, inf, log, log1p, sqrt
from random import Random
from typing import Any

PERIOD = 5.0
"""Of scrapes and ticks."""
WINDOWS = (5.0, 15.0, 60.0)
VARIABILITY = 0.5
"""Cs2 of the lognormal service times."""


class Told(StrEnum):
    """By whom, and so what."""

    RABBITMQ = "what is published, waits and is not acknowledged"
    CELERY = "what is sent and waits, and how long tasks run"
    REDIS = "what is taken, waits and is in work"


@dataclass(eq=False)
class Worker:
    """One pod."""

    ready_at: float
    ending: bool = False
    busy: int = 0


@dataclass
class QueueWorkers:
    """A queue, workers, and the counters of a broker."""

    seconds: float
    """Mean of a message."""
    slots: int
    told: Told
    rate: Callable[[float], float] = lambda _: 0.0
    batch: tuple[float, int] = (inf, 0)
    """When so many come at once."""
    untakeable: tuple[float, int] = (inf, 0)
    """From when so many wait that no worker takes."""
    replicas: int = 0
    startup_seconds: float = 30.0
    seed: int = 1
    time: float = 0.0
    replica_seconds: float = 0.0
    oldest: float = 0.0
    """The longest that a message has waited."""

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._queue: deque[float] = deque()
        self._workers = [Worker(0.0) for _ in range(self.replicas)]
        self._ends: list[tuple[float, int, Worker, float]] = []
        self._began = 0
        self._came = self._done = 0
        self._run_seconds = 0.0
        self._counts: deque[tuple[float, int, int, float, int]] = deque([(0.0, 0, 0, 0.0, 0)])

    @property
    def waiting(self) -> int:
        """Messages in the queue, those that nobody takes included."""
        at, stuck = self.untakeable
        return len(self._queue) + (stuck if self.time >= at else 0)

    @property
    def in_work(self) -> int:
        """Messages that workers have begun."""
        return sum(worker.busy for worker in self._workers)

    def advance(self) -> None:
        """Half a second at a time until the next tick."""
        end = self.time + PERIOD
        while self.time < end - 1e-9:
            self.time += 0.5
            self._come()
            self._finish()
            self._take()
            self._workers = [w for w in self._workers if not w.ending or w.busy]
            self.replica_seconds += 0.5 * len(self._workers)
        counts = self._came, self._done, self._run_seconds, self._began
        self._counts.append((self.time, *counts))
        while self._counts[0][0] < self.time - WINDOWS[-1] - PERIOD:
            self._counts.popleft()

    def scale(self, replicas: int) -> None:
        """The newest go first, once they have finished what they began."""
        wanted = [worker for worker in self._workers if not worker.ending]
        for worker in wanted[replicas:]:
            worker.ending = True
        for _ in range(replicas - len(wanted)):
            self._workers.append(Worker(self.time + self.startup_seconds))

    def observation(self) -> dict[str, Any]:
        """What the exporter tells."""
        wanted = [worker for worker in self._workers if not worker.ending]
        ready = sum(worker.ready_at <= self.time for worker in wanted)
        counted = 4 if self.told is Told.REDIS else 1
        rates = {f"{w:.0f}s": self._growth(w, counted) / w for w in WINDOWS}
        done = self._growth(WINDOWS[-1], 2)
        run_seconds = self._growth(WINDOWS[-1], 3) / done if done else None
        celery = self.told is Told.CELERY
        return {
            "time": self.time,
            "requestsPerSecond": rates,
            "queueDepth": self.waiting,
            "countsCompletions": True if self.told is Told.REDIS else None,
            "inFlight": None if celery else self.in_work,
            "serviceSeconds": run_seconds if celery else None,
            "startupSeconds": self.startup_seconds,
            "replicas": {"desired": len(wanted), "ready": ready, "starting": len(wanted) - ready},
        }

    def _growth(self, window: float, column: int) -> float:
        since = next(c for c in self._counts if c[0] >= self.time - window - 1e-6)
        return float(self._counts[-1][column]) - float(since[column])

    def _come(self) -> None:
        at, size = self.batch
        mean = 0.5 * self.rate(self.time)
        came = size if self.time - 0.5 < at <= self.time else 0
        limit, product = exp(-mean), self._random.random()
        while product > limit:
            came, product = came + 1, product * self._random.random()
        self._came += came
        self._queue.extend([self.time] * came)

    def _finish(self) -> None:
        while self._ends and self._ends[0][0] <= self.time:
            _, _, worker, took = heappop(self._ends)
            worker.busy -= 1
            self._done += 1
            self._run_seconds += took

    def _take(self) -> None:
        spread = log1p(VARIABILITY)
        for worker in self._workers:
            if worker.ending or worker.ready_at > self.time:
                continue
            while worker.busy < self.slots and self._queue:
                self.oldest = max(self.oldest, self.time - self._queue.popleft())
                took = self._random.lognormvariate(log(self.seconds) - spread / 2, sqrt(spread))
                self._began += 1
                worker.busy += 1
                heappush(self._ends, (self.time + took, self._began, worker, took))
