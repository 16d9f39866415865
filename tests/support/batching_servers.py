"""Servers that generate text and batch continuously, as vLLM does; nothing of the project.

A step works off a chunk of prompts and one token of every answer, and takes as long as there is to
do. The KV cache bounds what is in a batch (W. Kwon et al., PagedAttention, SOSP 2023; A. Agrawal et
al., Sarathi-Serve, OSDI 2024). Figures are those of a model of 8 billion parameters on one GPU.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import log, log1p, sqrt
from random import Random
from typing import Any

STEP_SECONDS = 0.010
TOKEN_SECONDS = 0.00015
"""Of one answer in a step."""
PROMPT_TOKEN_SECONDS = 1 / 20_000
CHUNK_TOKENS = 2_048
CACHE_TOKENS = 200_000
MOST_IN_BATCH = 256
PROMPT_TOKENS, ANSWER_TOKENS = 1_000, 200
"""Means; lognormal with Cs2 = 1."""
PERIOD = 5.0
"""Of scrapes and ticks."""
WINDOWS = (5.0, 15.0, 60.0)


@dataclass(eq=False)
class Request:
    """A prompt to read and an answer to write, in tokens."""

    came: float
    prompt: int
    answer: int
    read: int = 0
    written: int = 0
    begun: float = 0.0


@dataclass(eq=False)
class Server:
    """One pod."""

    ready_at: float
    time: float = 0.0
    waiting: deque[Request] = field(default_factory=deque)
    batch: list[Request] = field(default_factory=list)
    cached: int = 0

    @property
    def busy(self) -> int:
        """Requests that wait or are in the batch."""
        return len(self.waiting) + len(self.batch)


def _tokens(random: Random, mean: float) -> int:
    spread = log1p(1.0)
    return max(1, min(8_000, round(random.lognormvariate(log(mean) - spread / 2, sqrt(spread)))))


def _share_below(values: list[float], share: float) -> float | None:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else None


@dataclass
class BatchingFleet:
    """Clients, a balancer that compares two servers, servers, and what Prometheus knows of them."""

    rate: Callable[[float], float]
    peak: float
    startup_seconds: float
    replicas: int
    seed: int = 1
    time: float = 0.0
    replica_seconds: float = 0.0
    first_tokens: list[tuple[float, float]] = field(default_factory=list)
    """When, and how long after the request came."""

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._servers = [Server(0.0) for _ in range(self.replicas)]
        self._ending: list[Server] = []
        self._next = self._random.expovariate(self.peak)
        self._ended: deque[tuple[float, float, float]] = deque()
        self._counts: deque[tuple[float, int, int]] = deque()
        self._tokens = 0

    def advance(self) -> None:
        """A tenth of a second at a time until the next tick."""
        end = self.time + PERIOD
        while self.time < end - 1e-9:
            self.time += 0.1
            self._come()
            for server in [*self._ready(), *self._ending]:
                self._work(server)
            self._ending = [server for server in self._ending if server.busy]
            self.replica_seconds += 0.1 * (len(self._servers) + len(self._ending))
        self._counts.append((self.time, len(self.first_tokens), self._tokens))

    def scale(self, replicas: int) -> None:
        """The newest go first, those that are Ready once they have nothing more to do."""
        while len(self._servers) > replicas:
            server = self._servers.pop()
            if server.ready_at <= self.time:
                self._ending.append(server)
        while len(self._servers) < replicas:
            self._servers.append(Server(self.time + self.startup_seconds))

    def observation(self) -> dict[str, Any]:
        """What the metrics of vLLM tell: first tokens, two gauges, three histograms, the cache."""
        ready = self._ready()
        while self._ended and self._ended[0][0] < self.time - WINDOWS[-1]:
            self._ended.popleft()
        seconds = [latency for _, latency, _ in self._ended]
        service = [begun for _, _, begun in self._ended]
        firsts = [wait for at, wait in self.first_tokens[-20_000:] if at >= self.time - WINDOWS[-1]]
        return {
            "time": self.time,
            "requestsPerSecond": {f"{w:.0f}s": rate for w in WINDOWS if (rate := self._rate(w, 1))},
            "countsCompletions": True,
            "queueDepth": sum(len(server.waiting) for server in ready),
            "inFlight": sum(len(server.batch) for server in ready),
            "latencyP95Seconds": _share_below(seconds, 0.95),
            "latencyMeanSeconds": sum(seconds) / len(seconds) if seconds else None,
            "serviceSeconds": sum(service) / len(service) if service else None,
            "timeToFirstTokenSeconds": _share_below(firsts, 0.95),
            "kvCacheUtilization": sum(s.cached for s in ready) / CACHE_TOKENS / max(1, len(ready)),
            "tokensPerSecond": self._rate(WINDOWS[-1], 2),
            "startupSeconds": self.startup_seconds,
            "replicas": {
                "desired": len(self._servers),
                "ready": len(ready),
                "starting": len(self._servers) - len(ready),
            },
        }

    def _ready(self) -> list[Server]:
        return [server for server in self._servers if server.ready_at <= self.time]

    def _rate(self, window: float, column: int) -> float | None:
        known = [count for count in self._counts if count[0] >= self.time - window - 0.01]
        if len(known) < 2:
            return None
        return (known[-1][column] - known[0][column]) / (known[-1][0] - known[0][0])

    def _come(self) -> None:
        random = self._random
        while self._next <= self.time:
            came, self._next = self._next, self._next + random.expovariate(self.peak)
            if random.random() < self.rate(came) / self.peak:
                ready = self._ready()
                one, other = random.choice(ready), random.choice(ready)
                request = Request(
                    came, _tokens(random, PROMPT_TOKENS), _tokens(random, ANSWER_TOKENS)
                )
                min(one, other, key=lambda server: server.busy).waiting.append(request)

    def _work(self, server: Server) -> None:
        server.time = max(server.time, self.time - 0.1)
        while server.time < self.time and server.busy:
            self._step(server)

    def _step(self, server: Server) -> None:
        waiting, batch = server.waiting, server.batch
        while waiting and len(batch) < MOST_IN_BATCH:
            if server.cached + waiting[0].prompt > CACHE_TOKENS and batch:
                break
            request = waiting.popleft()
            request.begun = server.time
            server.cached += request.prompt
            batch.append(request)
        chunk, writing = CHUNK_TOKENS, []
        for request in batch:
            tokens = min(request.prompt - request.read, chunk)
            request.read, chunk = request.read + tokens, chunk - tokens
            if request.read == request.prompt:
                writing.append(request)
        prompt_tokens = CHUNK_TOKENS - chunk
        self._tokens += prompt_tokens + len(writing)
        server.time += STEP_SECONDS + TOKEN_SECONDS * len(writing)
        server.time += PROMPT_TOKEN_SECONDS * prompt_tokens
        for request in writing:
            request.written += 1
            server.cached += 1
            if request.written == 1:
                self.first_tokens.append((server.time, server.time - request.came))
        for request in [request for request in writing if request.written >= request.answer]:
            batch.remove(request)
            server.cached -= request.prompt + request.written
            latency, service = server.time - request.came, server.time - request.begun
            self._ended.append((server.time, latency, service))
