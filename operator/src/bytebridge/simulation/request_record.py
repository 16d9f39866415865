"""What becomes of each request, whatever the line is that it waits in."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from math import inf


class RequestRecord:
    """The requests of one run, in the order of arrival.

    Attributes:
        latencies: End-to-end seconds by arrival, of those whose times are known; `inf` when failed.
        lost: Requests whose client gave up before they were begun.
        spent: Seconds of service by arrival, of the same.
        completed: Indices of requests by the bin of time in which they finish.
    """

    def __init__(
        self,
        arrivals: Sequence[float],
        service_times: Sequence[float],
        *,
        timeout: float,
        bin_seconds: float,
        bin_phase: float,
    ) -> None:
        self._arrivals = arrivals
        self._service_times = service_times
        self._timeout = timeout
        self._bin_rate = 1.0 / bin_seconds
        self._bin_phase = bin_phase
        self._begun_seconds = 0.0
        self.latencies: list[float] = []
        self.spent: list[float] = []
        self.lost = 0
        self.completed: defaultdict[int, list[int]] = defaultdict(list)

    def arrived(self, now: float) -> int:
        """Requests that have arrived."""
        return bisect_right(self._arrivals, now)

    def _serve_next(self, arrival: float, start: float, service: float) -> float:
        """Note the next request as served, and return when it is finished."""
        index, finish = len(self.latencies), start + service
        self._begun_seconds += service
        self.spent.append(service)
        latency = finish - arrival
        self.latencies.append(latency if latency <= self._timeout else inf)
        self.completed[int((finish - self._bin_phase) * self._bin_rate + 1)].append(index)
        return finish

    def _lose_next(self) -> None:
        """Note the next request as one whose client gave up."""
        self.latencies.append(inf)
        self.spent.append(0.0)
        self.lost += 1
