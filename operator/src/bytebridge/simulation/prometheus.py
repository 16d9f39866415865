"""What Prometheus would answer: counters sampled at scrapes, rates extrapolated from them."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

LATENCY_BUCKETS = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0,
    7.5, 10.0, 15.0, 30.0,
)  # fmt: skip
"""Upper bounds in seconds of the service's latency histogram, the last before +Inf."""


KUBELET_SAMPLES = 40
"""More than metrics-server looks back, at any scrape interval of 1 s and more."""


class Fault(StrEnum):
    """Ways in which metrics go wrong."""

    SCRAPES_FAIL = "scrapes fail"
    """The series end: gauges are absent, rates live on until their window has run out."""
    UNANSWERED = "unanswered"
    """Prometheus does not answer."""
    EMPTY = "empty"
    """Prometheus answers with no series."""
    NAN = "NaN"
    """Prometheus answers NaN."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which metrics are at fault, in seconds of the run."""

    start: float
    end: float
    fault: Fault


@dataclass(frozen=True, slots=True)
class Sample:
    """The service's exported series at one scrape."""

    time: float
    arrived: int
    completed: int
    latency_seconds: float
    """Sum over the completed."""
    service_seconds: float
    """Sum over the completed."""
    busy_seconds: float
    """Slot-seconds of service given."""
    buckets: tuple[int, ...]
    """Completed within each of `LATENCY_BUCKETS`."""
    waiting: int
    in_service: int


@dataclass(frozen=True, slots=True)
class CpuUse:
    """Slot-seconds of service given between two moments, in seconds of the run."""

    start: float
    end: float
    busy_seconds: float


def rate(points: Sequence[tuple[float, float]], start: float, end: float) -> float | None:
    """Per-second rate of a counter as PromQL's `rate` extrapolates it.

    The increase between the first and the last sample is extended to the ends of the range, by at
    most half a sampling interval where the range reaches further than 1.1 of one, and never to
    before the counter would have been zero (Prometheus, promql/functions.go, extrapolatedRate).

    Args:
        points: Samples (time, value) within (start, end], ascending; no counter reset.
        start: Begin of the range, seconds.
        end: End of the range, seconds.

    Returns:
        `None` with fewer than two samples.
    """
    if len(points) < 2:
        return None
    (first_time, first), (last_time, last) = points[0], points[-1]
    increase, covered = last - first, last_time - first_time
    spacing = covered / (len(points) - 1)
    before, after = first_time - start, end - last_time
    if before >= spacing * 1.1:
        before = spacing / 2
    if increase > 0:
        before = min(before, covered * first / increase)
    if after >= spacing * 1.1:
        after = spacing / 2
    return increase * (covered + before + after) / covered / (end - start)


def histogram_quantile(quantile: float, increases: Sequence[float], total: float) -> float | None:
    """The quantile of a classic histogram, linear within the bucket, as PromQL computes it.

    Args:
        quantile: 0 to 1.
        increases: Observations within each of `LATENCY_BUCKETS` over the range, cumulative.
        total: Observations in the range.

    Returns:
        Seconds; `None` without observations.
    """
    if total <= 0:
        return None
    rank = quantile * total
    lower, below = 0.0, 0.0
    for upper, count in zip(LATENCY_BUCKETS, increases, strict=True):
        if count >= rank:
            return lower + (upper - lower) * (rank - below) / (count - below)
        lower, below = upper, count
    return LATENCY_BUCKETS[-1]


class Prometheus:
    """The samples of one service, and the queries that autoscalers put to them."""

    def __init__(self, *, ingestion_seconds: float, outages: Sequence[Outage]) -> None:
        self._ingestion = ingestion_seconds
        self._outages = tuple(outages)
        self._samples: list[Sample] = []
        self._times: list[float] = []
        self._last_scrape = -1.0
        self._kubelet: deque[Sample] = deque(maxlen=KUBELET_SAMPLES)

    def fault(self, now: float) -> Fault | None:
        """What is wrong with the metrics now."""
        return next((o.fault for o in self._outages if o.start <= now < o.end), None)

    def ingest(self, sample: Sample) -> None:
        """Take a scrape, unless scrapes fail."""
        self._last_scrape = sample.time
        self._kubelet.append(sample)
        if self.fault(sample.time) is not Fault.SCRAPES_FAIL:
            self._samples.append(sample)
            self._times.append(sample.time)

    def rate(self, value: Callable[[Sample], float], window: float, now: float) -> float | None:
        """`rate(series[window])` at `now`; `None` when it is unknown."""
        points = [(s.time, value(s)) for s in self._range(window, now)]
        return rate(points, now - window, now)

    def newest_rate(
        self, value: Callable[[Sample], float], window: float, now: float
    ) -> float | None:
        """`irate(series[window])` at `now`: the rate between the last two scrapes."""
        last = self._range(window, now)[-2:]
        if len(last) < 2:
            return None
        return (value(last[1]) - value(last[0])) / (last[1].time - last[0].time)

    def latest(self, now: float) -> Sample | None:
        """The instant vector: the last scrape, absent when that has failed."""
        if self._silent(now):
            return None
        end = bisect_right(self._times, now - self._ingestion)
        missed = self._last_scrape <= now - self._ingestion and (
            end == 0 or self._times[end - 1] < self._last_scrape
        )
        return None if end == 0 or missed else self._samples[end - 1]

    def last(self, window: float, now: float) -> Sample | None:
        """`last_over_time(series[window])` at `now`: also shortly after scrapes have failed."""
        samples = self._range(window, now)
        return samples[-1] if samples else None

    def ratio(
        self,
        numerator: Callable[[Sample], float],
        denominator: Callable[[Sample], float],
        window: float,
        now: float,
    ) -> float | None:
        """`rate(a[window]) / rate(b[window])`; `None` when unknown or 0/0."""
        samples = self._range(window, now)
        if len(samples) < 2:
            return None
        below = denominator(samples[-1]) - denominator(samples[0])
        above = numerator(samples[-1]) - numerator(samples[0])
        return above / below if below > 0 else None

    def latency(self, quantile: float, window: float, now: float) -> float | None:
        """`histogram_quantile(quantile, rate(latency_bucket[window]))`, seconds."""
        samples = self._range(window, now)
        if len(samples) < 2:
            return None
        first, last = samples[0], samples[-1]
        increases = [b - a for a, b in zip(first.buckets, last.buckets, strict=True)]
        return histogram_quantile(quantile, increases, last.completed - first.completed)

    def cpu(self, resolution: float, now: float) -> CpuUse | None:
        """The CPU that metrics-server knows: between its last two scrapes of the kubelets.

        It scrapes at fixed times and by itself, so that outages of Prometheus leave it be.
        """
        end = self._kubelet_at(now // resolution * resolution)
        start = self._kubelet_at((now // resolution - 1) * resolution)
        if start is None or end is None or end.time <= start.time:
            return None
        return CpuUse(start.time, end.time, end.busy_seconds - start.busy_seconds)

    def _kubelet_at(self, time: float) -> Sample | None:
        """The sample that a scrape at `time` finds."""
        return next((s for s in reversed(self._kubelet) if s.time <= time), None)

    def _range(self, window: float, now: float) -> list[Sample]:
        if self._silent(now):
            return []
        start = bisect_right(self._times, now - window)
        return self._samples[start : bisect_right(self._times, now - self._ingestion)]

    def _silent(self, now: float) -> bool:
        return self.fault(now) in {Fault.UNANSWERED, Fault.EMPTY, Fault.NAN}
