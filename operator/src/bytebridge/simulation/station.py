"""The queue: first come, first served, by a number of slots that changes.

Requests are handled in the order of arrival, each by the slot that is free first; no event is
scheduled for a completion. Between two changes of capacity one pass of `advance` is all there is,
about half a microsecond a request. Exact for FIFO: whoever comes first starts first.
"""

from collections.abc import Sequence
from heapq import heappop, heappush, heapreplace
from math import inf
from random import Random

from bytebridge.simulation.request_record import RequestRecord


class Station(RequestRecord):
    """Waiting line and slots of one service; a request's times are known once it is begun."""

    def __init__(
        self,
        arrivals: Sequence[float],
        service_times: Sequence[float],
        *,
        timeout: float,
        bin_seconds: float,
        bin_phase: float,
        database_slots: int | None = None,
        idle_slots_count: bool = False,
    ) -> None:
        super().__init__(
            arrivals,
            service_times,
            timeout=timeout,
            bin_seconds=bin_seconds,
            bin_phase=bin_phase,
        )
        self._database_slots = database_slots
        self._idle_slots_count = idle_slots_count
        self._free: list[float] = []
        self._draining: list[float] = []
        self._running: list[float] = []

    @property
    def slots(self) -> int:
        """Slots that take requests."""
        return len(self._free)

    def add_slots(self, count: int, now: float) -> None:
        """Let `count` more slots take requests from now on."""
        for _ in range(count):
            heappush(self._free, now)

    def remove_slots(self, count: int, now: float, random: Random) -> None:
        """Take `count` slots away; each finishes the request that it has.

        Slots are alike, so that which of them belong to a stopping pod is drawn at random.
        """
        for _ in range(count):
            position = random.randrange(len(self._free))
            free_at = self._free[position]
            self._free[position] = self._free[-1]
            self._free.pop()
            if free_at > now:
                self._draining.append(free_at)
        self._free.sort()

    def advance(self, until: float) -> None:
        """Begin every request that can begin before `until`, and drop those whose client left."""
        if self._free:
            if self._database_slots is None:
                self._serve(until)
            else:
                self._serve_behind_database(until, self._database_slots)
        self._drop_abandoned(until)

    def _serve(self, until: float) -> None:
        arrivals, service_times, timeout = self._arrivals, self._service_times, self._timeout
        free, completed, rate, phase = self._free, self.completed, self._bin_rate, self._bin_phase
        record = self.latencies.append
        total, lost = 0.0, 0
        first = len(self.latencies)
        for index in range(first, len(arrivals)):
            arrival, start = arrivals[index], free[0]
            if start <= arrival:
                start = arrival
            elif start - arrival >= timeout:
                if arrival + timeout >= until:
                    break
                record(inf)
                lost += 1
                continue
            if start >= until:
                break
            service = service_times[index]
            finish = start + service
            total += service
            heapreplace(free, finish)
            latency = finish - arrival
            record(latency if latency <= timeout else inf)
            completed[int((finish - phase) * rate + 1)].append(index)
        self.spent.extend(service_times[first : len(self.latencies)])
        self._begun_seconds += total
        self.lost += lost

    def _serve_behind_database(self, until: float, database_slots: int) -> None:
        arrivals, free, running = self._arrivals, self._free, self._running
        for index in range(len(self.latencies), len(arrivals)):
            arrival = arrivals[index]
            start = max(free[0], arrival)
            if start - arrival >= self._timeout:
                if arrival + self._timeout >= until:
                    break
                self._lose_next()
                continue
            if start >= until:
                break
            while running and running[0] <= start:
                heappop(running)
            burden = len(free) if self._idle_slots_count else len(running) + 1
            service = self._service_times[index] * max(1.0, burden / database_slots)
            finish = self._serve_next(arrival, start, service)
            heappush(running, finish)
            heapreplace(free, finish)

    def _drop_abandoned(self, now: float) -> None:
        arrivals, latest = self._arrivals, now - self._timeout
        index = len(self.latencies)
        while index < len(arrivals) and arrivals[index] <= latest:
            self._lose_next()
            index += 1

    def waiting(self, now: float) -> int:
        """Requests that have arrived and not begun; `advance` must have reached `now`."""
        return self.arrived(now) - len(self.latencies)

    def in_service(self, now: float) -> int:
        """Requests that are being served, by stopping pods as well."""
        return sum(t > now for t in self._free) + sum(t > now for t in self._draining)

    def finished(self, now: float) -> int:
        """Requests that have been served, in time or not."""
        return len(self.latencies) - self.lost - self.in_service(now)

    def busy_seconds(self, now: float) -> float:
        """Slot-seconds of service given so far."""
        self._draining = [t for t in self._draining if t > now]
        ahead = sum(t - now for t in self._free if t > now) + sum(t - now for t in self._draining)
        return self._begun_seconds - ahead
