"""A service, its clients and its metrics, with nothing of the project in them.

What `bytebridge decide` is shown here follows its documented interface alone, so that a mistake of
the project's own simulator cannot hide one of the law.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import ceil, exp, inf, log1p, sqrt
from random import Random
from typing import Any

import numpy as np

SERVICE_SECONDS = 0.06
CACHED_SECONDS = 0.001
VARIABILITY = 0.5
PATIENCE_SECONDS = 30.0
OBJECTIVE_SECONDS = 0.2
TICK_SECONDS = 5.0
LATENCY_WINDOW_SECONDS = 60.0
LEAST, MOST = 2, 100

Line = dict[str, Any]


def unchanged(line: Line) -> Line | None:
    """A service that tells all."""
    return line


@dataclass(frozen=True)
class Case:
    """A load and a service."""

    rate: Callable[[float], float]
    """Requests a second."""
    seconds: int = 900
    startup_seconds: float = 30.0
    slots: int = 2
    slots_told: bool = True
    scrape_seconds: float = 5.0
    windows: tuple[int, ...] = (15, 60)
    whole_windows: bool = True
    """They count all of their seconds; otherwise those between their samples."""
    completions: bool = False
    """The counter counts completions."""
    scattered: bool = False
    """Each request waits at a pod drawn for it; otherwise the first free slot of all takes it."""
    full_replicas: float = inf
    """With more busy replicas than this, each is slower: a database is full."""
    batching: float = 0.0
    """Share by which a request takes longer for each other one at its pod."""
    slower_at: float = inf
    """From then on requests take half as long again."""
    most_waiting: float = inf
    """Where as many wait, who comes is refused, and counted by nobody."""
    misses: Callable[[float], float] | None = None
    """Share of the requests that are not in a cache; `None`: there is none."""
    shown: Callable[[Line], Line | None] = unchanged
    """What is seen of a line; `None`: nothing comes at all."""


@dataclass
class Outcome:
    """Shares of requests, and what it took."""

    over: float
    """Served later than the objective, or not."""
    failed: float
    replica_hours: float
    highest: int
    changes: int


@dataclass
class _Pod:
    created: float
    ready: bool = False
    stopping: bool = False
    busy: int = 0
    line: deque[int] = field(default_factory=deque)


@dataclass(frozen=True)
class _Scrape:
    time: float
    arrived: int
    completed: int
    waiting: int
    busy: int


class Simulation:
    """One run; `decide` gets a line and answers with one, as the command does."""

    def __init__(self, case: Case, seed: int, decide: Callable[[Line], Line]) -> None:
        self._case, self._decide, self._random = case, decide, Random(seed)
        self._arrivals = self._draw_arrivals()
        self._latencies = [inf] * len(self._arrivals)
        self._events: list[tuple[float, int, str, Any]] = []
        self._order = 0
        self._pods: list[_Pod] = []
        self._line: deque[int] = deque()
        self._idle: list[_Pod] = []
        self._arrived = self._waiting = self._busy = 0
        self._counted_at: list[float] = []
        self._done_at: list[float] = []
        self._done_latencies: list[float] = []
        self._done_services: list[float] = []
        self._scrapes: list[_Scrape] = []
        self._desired = 0
        self._pod_seconds = 0.0
        self._highest = self._changes = 0

    def run(self) -> Outcome:
        """Go through the whole load."""
        case, now = self._case, 0.0
        first = case.rate(0) * SERVICE_SECONDS / case.slots
        first *= case.misses(0) if case.misses else 1.0
        self._desired = max(LEAST, ceil(first / 0.7))
        for _ in range(self._desired):
            self._make_ready(self._create(0.0), 0.0)
        self._after(self._random.uniform(0, case.scrape_seconds), "scrape")
        self._after(self._random.uniform(0, TICK_SECONDS), "tick")
        while True:
            arrival = self._arrivals[self._arrived] if self._arrived < len(self._arrivals) else inf
            now = min(arrival, self._events[0][0])
            if now >= case.seconds:
                return self._outcome()
            if arrival <= self._events[0][0]:
                self._arrived += 1
                self._arrive(self._arrived - 1, now)
            else:
                _, _, kind, what = heappop(self._events)
                getattr(self, f"_on_{kind}")(what, now)

    def _draw_arrivals(self) -> list[float]:
        times = []
        for second in range(self._case.seconds):
            rate, time = self._case.rate(second), float(second)
            while rate > 0 and (time := time + self._random.expovariate(rate)) < second + 1:
                times.append(time)
        return times

    def _draw_service(self, others: int, now: float) -> float:
        misses = self._case.misses
        if misses is not None and self._random.random() >= misses(now):
            return CACHED_SECONDS
        sigma = sqrt(log1p(VARIABILITY))
        mean = SERVICE_SECONDS * max(1.0, self._busy / self._case.slots / self._case.full_replicas)
        mean *= 1 + self._case.batching * others
        mean *= 1.5 if now >= self._case.slower_at else 1.0
        return mean * exp(self._random.gauss(-sigma * sigma / 2, sigma))

    def _after(self, time: float, kind: str, what: Any = None) -> None:
        self._order += 1
        heappush(self._events, (time, self._order, kind, what))

    def _arrive(self, request: int, now: float) -> None:
        if self._waiting >= self._case.most_waiting:
            return
        self._counted_at.append(now)
        self._waiting += 1
        if self._case.scattered:
            pod = self._random.choice([p for p in self._pods if p.ready and not p.stopping])
            pod.line.append(request)
            self._serve(pod, pod.line, now)
        else:
            self._line.append(request)
            self._serve_any(now)

    def _serve_any(self, now: float) -> None:
        while self._line and self._idle:
            pod = self._take_idle()
            if not pod.stopping and not self._serve(pod, self._line, now):
                self._idle.append(pod)
                return

    def _take_idle(self) -> _Pod:
        """The one that came last; where it makes a difference the one with least to do."""
        if not self._case.batching:
            return self._idle.pop()
        pod = min(self._idle, key=lambda pod: pod.busy)
        self._idle.remove(pod)
        return pod

    def _serve(self, pod: _Pod, line: deque[int], now: float) -> bool:
        """Begin the next of a line whose client is still there; whether there was one."""
        while line and pod.busy < self._case.slots:
            request = line.popleft()
            self._waiting -= 1
            if now - self._arrivals[request] > PATIENCE_SECONDS:
                continue
            service = self._draw_service(pod.busy, now)
            pod.busy += 1
            self._busy += 1
            self._after(now + service, "done", (request, pod, service))
            return True
        return False

    def _on_done(self, what: tuple[int, _Pod, float], now: float) -> None:
        request, pod, service = what
        pod.busy -= 1
        self._busy -= 1
        latency = now - self._arrivals[request]
        self._latencies[request] = latency if latency <= PATIENCE_SECONDS else inf
        self._done_at.append(now)
        self._done_latencies.append(min(latency, PATIENCE_SECONDS))
        self._done_services.append(service)
        if self._case.scattered:
            self._serve(pod, pod.line, now)
        elif not pod.stopping:
            self._idle.append(pod)
            self._serve_any(now)
        self._end_if_idle(pod, now)

    def _end_if_idle(self, pod: _Pod, now: float) -> None:
        if pod.stopping and not pod.busy and not pod.line and pod in self._pods:
            self._remove(pod, now)

    def _create(self, now: float) -> _Pod:
        pod = _Pod(now)
        self._pods.append(pod)
        return pod

    def _remove(self, pod: _Pod, now: float) -> None:
        self._pods.remove(pod)
        self._pod_seconds += now - pod.created

    def _on_ready(self, pod: _Pod, now: float) -> None:
        if pod in self._pods:
            self._make_ready(pod, now)

    def _make_ready(self, pod: _Pod, now: float) -> None:
        pod.ready = True
        self._idle.extend([pod] * self._case.slots)
        if not self._case.scattered:
            self._serve_any(now)

    def _on_scrape(self, _what: None, now: float) -> None:
        self._after(now + self._case.scrape_seconds, "scrape")
        while self._line and now - self._arrivals[self._line[0]] > PATIENCE_SECONDS:
            self._line.popleft()
            self._waiting -= 1
        done = len(self._done_at)
        arrived = len(self._counted_at)
        self._scrapes.append(_Scrape(now, arrived, done, self._waiting, self._busy))

    def _on_tick(self, _what: None, now: float) -> None:
        self._after(now + TICK_SECONDS, "tick")
        line = self._case.shown(self._observe(now))
        if line is not None:
            self._scale(max(LEAST, min(MOST, self._decide(line)["replicas"])), now)

    def _scale(self, replicas: int, now: float) -> None:
        present, self._desired = self._desired, replicas
        self._highest = max(self._highest, replicas)
        self._changes += replicas != present
        for _ in range(replicas - present):
            startup = self._case.startup_seconds * self._random.uniform(0.95, 1.05)
            self._after(now + startup, "ready", self._create(now))
        running = [pod for pod in self._pods if not pod.stopping]
        running.sort(key=lambda pod: (pod.ready, -pod.created))
        for pod in running[: max(0, present - replicas)]:
            pod.stopping = True
            self._end_if_idle(pod, now)

    def _observe(self, now: float) -> Line:
        running = [pod for pod in self._pods if not pod.stopping]
        ready = sum(pod.ready for pod in running)
        replicas = {"desired": self._desired, "ready": ready, "starting": len(running) - ready}
        line: Line = {"time": now, "replicas": replicas}
        if not self._scrapes:
            return line
        last = self._scrapes[-1]
        line["requestsPerSecond"] = {f"{w}s": self._rate(w, now) for w in self._case.windows}
        line |= {"queueDepth": last.waiting, "inFlight": last.busy}
        end = bisect_right(self._done_at, last.time)
        begin = bisect_right(self._done_at, last.time - LATENCY_WINDOW_SECONDS)
        if end > begin:
            latencies = np.array(self._done_latencies[begin:end])
            line["latencyP95Seconds"] = float(np.percentile(latencies, 95))
            line["latencyMeanSeconds"] = float(latencies.mean())
            line["serviceSeconds"] = float(np.mean(self._done_services[begin:end]))
        return line

    def _rate(self, window: int, now: float) -> float | None:
        """Of all seconds of a window that ends with the last scrape, or between samples in one."""
        completions = self._case.completions
        if self._case.whole_windows:
            end = self._scrapes[-1].time
            times = self._done_at if completions else self._counted_at
            begin = max(0.0, end - window)
            counted = bisect_right(times, end) - bisect_right(times, begin)
            return counted / max(end - begin, 1e-9)
        inside = [s for s in self._scrapes[-(window + 1) :] if now - window < s.time]
        if len(inside) < 2:
            return None
        first, last = inside[0], inside[-1]
        counts = (last.completed - first.completed, last.arrived - first.arrived)
        return counts[0 if completions else 1] / (last.time - first.time)

    def _outcome(self) -> Outcome:
        end = float(self._case.seconds)
        cost = self._pod_seconds + sum(end - pod.created for pod in self._pods)
        settled = bisect_right(self._arrivals, end - PATIENCE_SECONDS - 1)
        latencies = self._latencies[:settled]
        return Outcome(
            over=sum(latency > OBJECTIVE_SECONDS for latency in latencies) / settled,
            failed=sum(latency == inf for latency in latencies) / settled,
            replica_hours=cost / 3600,
            highest=self._highest,
            changes=self._changes,
        )
