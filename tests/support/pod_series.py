"""A service whose pods have series of their own, read by PromQL's rules; nothing of the project.

A pod's counter begins when it is first scraped, and ends with the pod; what waits does so at the
pod that a balancer has chosen for it.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from heapq import heappop, heappush
from math import ceil, exp, inf, log1p, sqrt
from random import Random
from typing import Any, NamedTuple

import numpy as np

SERVICE_SECONDS = 0.06
VARIABILITY = 0.5
PATIENCE_SECONDS = 30.0
OBJECTIVE_SECONDS = 0.2
STARTUP_SECONDS = 30.0
PERIOD = 5.0
"""Of scrapes and ticks."""
FAST, SLOW = 15.0, 60.0
DISCOVERY_SECONDS = 3.0
SLOTS = 2
LEAST, MOST = 2, 100

Line = dict[str, Any]


class Exports(StrEnum):
    """What pods tell of what they have."""

    WAITING = "the waiting apart from those in service, and how long service takes: vLLM"
    IN_PROGRESS = "all in one gauge: a web framework"


class Sample(NamedTuple):
    """One scrape of a pod that counts what it has completed."""

    time: float
    completed: float
    latency_seconds: float
    service_seconds: float
    serving: int
    waiting: int


def rate(samples: list[Sample], now: float, window: float, column: int) -> float | None:
    """rate() of one series. Source: extrapolatedRate in Prometheus' promql/functions.go."""
    known = [sample for sample in samples if now - window < sample.time <= now]
    if len(known) < 2:
        return None
    first, last = known[0], known[-1]
    increase, span = last[column] - first[column], last.time - first.time
    average = span / (len(known) - 1)
    before, after = first.time - (now - window), now - last.time
    before = before if before < 1.1 * average else average / 2
    after = after if after < 1.1 * average else average / 2
    if increase > 0:
        before = min(before, span * first[column] / increase)  # No counter was below zero.
    return increase * (span + before + after) / span / window


@dataclass(eq=False)
class Pod:
    """Slots, a line before them, and series."""

    created: float
    ready_at: float = inf
    stopping: bool = False
    gone: bool = False
    serving: int = 0
    line: deque[int] = field(default_factory=deque)
    completed: int = 0
    latency_seconds: float = 0.0
    service_seconds: float = 0.0
    samples: list[Sample] = field(default_factory=list)

    @property
    def load(self) -> int:
        """Requests at it."""
        return self.serving + len(self.line)

    @property
    def idle(self) -> bool:
        """It has nothing to do."""
        return not self.load


Balancer = Callable[[Random, list[Pod]], Pod]


def at_random(random: Random, pods: list[Pod]) -> Pod:
    """As kube-proxy does."""
    return random.choice(pods)


def least_busy(_random: Random, pods: list[Pod]) -> Pod:
    """As a mesh may."""
    return min(pods, key=lambda pod: pod.load)


@dataclass
class Outcome:
    """Share of requests served later than the objective or not at all, and what it took."""

    over: float
    replica_hours: float


class PodSimulation:
    """One run, from event to event."""

    def __init__(
        self,
        rate: Callable[[float], float],
        seconds: int,
        balancer: Balancer,
        seed: int,
        exports: Exports = Exports.WAITING,
        database_slots: float = inf,
    ) -> None:
        """Draw the arrivals.

        Args:
            rate: Requests a second by time.
            seconds: How long.
            balancer: Chooses the pod of a request.
            seed: Of all that is drawn.
            exports: What the pods tell.
            database_slots: Busy slots of all pods from which requests take longer, as what they
                share serves no more.
        """
        self._seconds, self._balancer = seconds, balancer
        self._exports, self._database_slots = exports, database_slots
        self._random = Random(f"pods-{seed}")
        self._arrivals = list(self._draw_arrivals(rate))
        self._latencies = [inf] * len(self._arrivals)
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._pods: list[Pod] = []
        self._ended: list[Pod] = []
        self._pod_seconds = 0.0
        self._busy = 0
        self._finished: list[tuple[float, float]] = []
        """When, and how long it took."""
        first = sum(time < SLOW for time in self._arrivals) / SLOW
        for _ in range(max(LEAST, ceil(first * SERVICE_SECONDS / SLOTS / 0.7))):
            self._ready(self._create(0.0), 0.0)

    def run(self, decide: Callable[[Line], int]) -> Outcome:
        """Ask for replicas each tick, until the time is over."""

        def tick(now: float) -> None:
            self._scale(max(LEAST, min(MOST, decide(self._line(now)))), now)
            self._at(now + PERIOD, tick)

        self._at(self._random.uniform(0, PERIOD), tick)
        arrivals = iter(enumerate(self._arrivals))
        number, arrival = next(arrivals)
        while True:
            now = self._events[0][0]
            if min(now, arrival) >= self._seconds:
                break
            if arrival <= now:
                self._arrive(number, arrival)
                number, arrival = next(arrivals, (0, inf))
            else:
                heappop(self._events)[2](now)
        self._pod_seconds += sum(self._seconds - pod.created for pod in self._pods)
        known = sum(time < self._seconds - PATIENCE_SECONDS for time in self._arrivals)
        over = sum(latency > OBJECTIVE_SECONDS for latency in self._latencies[:known])
        return Outcome(over / known, self._pod_seconds / 3_600)

    def _draw_arrivals(self, rate: Callable[[float], float]) -> Iterator[float]:
        for second in range(self._seconds):
            time = second + self._random.expovariate(rate(second))
            while time < second + 1:
                yield time
                time += self._random.expovariate(rate(second))

    def _at(self, time: float, event: Callable[[float], None]) -> None:
        heappush(self._events, (time, self._random.getrandbits(62), event))

    def _create(self, now: float) -> Pod:
        pod = Pod(now)
        self._pods.append(pod)
        return pod

    def _ready(self, pod: Pod, now: float) -> None:
        if pod.gone:
            return
        pod.ready_at = now
        discovered = self._random.uniform(0, DISCOVERY_SECONDS) if now else 0.0
        first = now + discovered + self._random.uniform(0, PERIOD)
        self._at(first, partial(self._scrape, pod))

    def _scrape(self, pod: Pod, now: float) -> None:
        if pod.gone:
            return
        totals = (pod.completed, pod.latency_seconds, pod.service_seconds)
        pod.samples.append(Sample(now, *totals, pod.serving, len(pod.line)))
        del pod.samples[:-20]
        self._at(now + PERIOD, partial(self._scrape, pod))

    def _arrive(self, number: int, now: float) -> None:
        serving = [pod for pod in self._pods if pod.ready_at <= now and not pod.stopping]
        pod = self._balancer(self._random, serving)
        if pod.serving < SLOTS:
            self._begin(pod, number, now)
        else:
            pod.line.append(number)

    def _begin(self, pod: Pod, number: int, now: float) -> None:
        pod.serving += 1
        self._busy += 1
        spread = sqrt(log1p(VARIABILITY))
        seconds = SERVICE_SECONDS * exp(self._random.gauss(-spread * spread / 2, spread))
        seconds *= max(1.0, self._busy / self._database_slots)
        self._at(now + seconds, partial(self._complete, pod, number, seconds))

    def _complete(self, pod: Pod, number: int, seconds: float, now: float) -> None:
        latency = now - self._arrivals[number]
        self._latencies[number] = latency if latency <= PATIENCE_SECONDS else inf
        pod.serving -= 1
        self._busy -= 1
        pod.completed += 1
        pod.latency_seconds += latency
        pod.service_seconds += seconds
        self._finished.append((now, latency))
        while pod.line and now - self._arrivals[pod.line[0]] > PATIENCE_SECONDS:
            pod.line.popleft()
        if pod.line:
            self._begin(pod, pod.line.popleft(), now)
        elif pod.stopping and pod.idle:
            self._end(pod, now)

    def _scale(self, replicas: int, now: float) -> None:
        standing = [pod for pod in self._pods if not pod.stopping]
        for _ in range(replicas - len(standing)):
            starting = STARTUP_SECONDS * self._random.uniform(0.9, 1.1)
            self._at(now + starting, partial(self._ready, self._create(now)))
        youngest = sorted(standing, key=lambda pod: (pod.ready_at, pod.created), reverse=True)
        for pod in youngest[: max(0, len(standing) - replicas)]:
            pod.stopping = True
            if pod.idle:
                self._end(pod, now)

    def _end(self, pod: Pod, now: float) -> None:
        pod.gone = True
        self._pods.remove(pod)
        self._ended.append(pod)
        self._pod_seconds += now - pod.created

    def _line(self, now: float) -> Line:
        standing = [pod for pod in self._pods if not pod.stopping]
        ready = sum(pod.ready_at <= now for pod in standing)
        fresh = [p for p in self._pods if p.samples and p.samples[-1].time > now - FAST]
        line: Line = {
            "time": now,
            "replicas": {
                "desired": len(standing), "ready": ready, "starting": len(standing) - ready,
            },
            "requestsPerSecond": self._rates(fresh, now),
            "coverage": min(1.0, sum(not pod.stopping for pod in fresh) / ready),
        }  # fmt: skip
        if fresh:
            line |= self._gauges(fresh, now)
        if completed := self._sum(now, SLOW, 1):
            line["latencyMeanSeconds"] = (self._sum(now, SLOW, 2) or 0.0) / completed
            if self._exports is Exports.WAITING:
                line["serviceSeconds"] = (self._sum(now, SLOW, 3) or 0.0) / completed
            recent = [latency for time, latency in self._finished if now - SLOW < time]
            line["latencyP95Seconds"] = float(np.percentile(recent, 95))
        return line

    def _gauges(self, fresh: list[Pod], now: float) -> Line:
        """sum(last_over_time()): of pods that are gone as well, unlike the quantile."""
        ended = [p for p in self._ended if p.samples and p.samples[-1].time > now - FAST]
        latest = [pod.samples[-1] for pod in (*fresh, *ended)]
        serving = sum(sample.serving for sample in latest)
        waiting = sum(sample.waiting for sample in latest)
        if self._exports is Exports.WAITING:
            return {"inFlight": serving, "queueDepth": waiting}
        each = [pod.samples[-1].serving + pod.samples[-1].waiting for pod in fresh]
        return {"inFlight": serving + waiting, "inFlightP10": float(np.percentile(each, 10))}

    def _rates(self, fresh: list[Pod], now: float) -> dict[str, float]:
        last_two = [pod.samples[-2:] for pod in fresh if len(pod.samples) > 1]
        newest = sum((b.completed - a.completed) / (b.time - a.time) for a, b in last_two)
        sums = {f"{window:g}s": self._sum(now, window, 1) for window in (FAST, SLOW)}
        known = {window: total for window, total in sums.items() if total is not None}
        return known | ({f"{PERIOD:g}s": newest} if last_two else {})

    def _sum(self, now: float, window: float, column: int) -> float | None:
        """sum(rate()): of pods that are gone as well, as long as the window reaches them."""
        self._finished = [item for item in self._finished if item[0] > now - SLOW]
        rates = [rate(p.samples, now, window, column) for p in (*self._pods, *self._ended)]
        known = [value for value in rates if value is not None]
        return sum(known) if known else None
