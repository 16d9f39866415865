"""The service's metrics endpoint: what the station has done, as cumulative series."""

from bisect import bisect_right

from bytebridge.simulation.prometheus import LATENCY_BUCKETS, Sample
from bytebridge.simulation.scattered_station import ScatteredStation
from bytebridge.simulation.station import Station


class Exporter:
    """Turns the station's record into a scrape; call `scrape` once per bin of the station."""

    def __init__(self, station: Station | ScatteredStation, timeout: float) -> None:
        self._station = station
        self._timeout = timeout
        self._next_bin = 0
        self._completed = 0
        self._latency_seconds = 0.0
        self._service_seconds = 0.0
        self._buckets = [0] * len(LATENCY_BUCKETS)

    def scrape(self, number: int, now: float) -> Sample:
        """Read all series.

        Args:
            number: Of the scrape, from 0; bin `number` of the station ends with it.
            now: Seconds; the station has advanced to here.
        """
        station = self._station
        for finished in range(self._next_bin, number + 1):
            self._count(station.completed.pop(finished, []))
        self._next_bin = number + 1
        return Sample(
            time=now,
            arrived=station.arrived(now),
            completed=self._completed,
            latency_seconds=self._latency_seconds,
            service_seconds=self._service_seconds,
            busy_seconds=station.busy_seconds(now),
            buckets=tuple(self._buckets),
            waiting=station.waiting(now),
            in_service=station.in_service(now),
        )

    def _count(self, indices: list[int]) -> None:
        station, limit = self._station, self._timeout
        latencies = sorted(min(limit, station.latencies[i]) for i in indices)
        self._completed += len(indices)
        self._latency_seconds += sum(latencies)
        self._service_seconds += sum(station.spent[i] for i in indices)
        for position, bound in enumerate(LATENCY_BUCKETS):
            self._buckets[position] += bisect_right(latencies, bound)
