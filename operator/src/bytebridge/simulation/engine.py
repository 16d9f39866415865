"""One run: a workload, a service, an autoscaler, and what came of it."""

from dataclasses import dataclass, field
from random import Random

from bytebridge.simulation.exporter import Exporter
from bytebridge.simulation.fleet import Fleet
from bytebridge.simulation.policies.autoscaler import Autoscaler, Sight
from bytebridge.simulation.prometheus import Outage, Prometheus
from bytebridge.simulation.scattered_station import ScatteredStation
from bytebridge.simulation.service_model import ServiceModel, Workload
from bytebridge.simulation.station import Station

INGESTION_SECONDS = 0.1
"""From a scrape to its being visible to queries."""
SNAPSHOT_SECONDS = 5.0
"""Time between two points of the record."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything of a run that is neither load, service nor autoscaler."""

    min_replicas: int
    max_replicas: int
    initial_replicas: int
    scrape_seconds: float = 5.0
    outages: tuple[Outage, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The service at one moment of a run."""

    time: float
    desired: int
    ready: int
    starting: int
    waiting: int


@dataclass(slots=True)
class Run:
    """What came of it.

    Attributes:
        latencies: End-to-end seconds by arrival; `inf` when failed.
        changes: Each change of the desired replicas: time, before, after.
        replica_seconds: From creation to deletion of all pods.
    """

    latencies: list[float] = field(default_factory=list)
    changes: list[tuple[float, int, int]] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    replica_seconds: float = 0.0


class Simulation:
    """The parts of a run, put together."""

    def __init__(
        self,
        model: ServiceModel,
        workload: Workload,
        autoscaler: Autoscaler,
        conditions: Conditions,
    ) -> None:
        self._model, self._workload = model, workload
        self._autoscaler, self._conditions = autoscaler, conditions
        self._random = Random(f"fleet-{conditions.seed}")
        self._scrape_phase = self._random.uniform(0, conditions.scrape_seconds)
        self._tick_phase = self._random.uniform(0, autoscaler.interval_seconds)
        self._fleet = Fleet(conditions.initial_replicas, model.startup_seconds, self._random)
        self._station = self._build_station()
        self._station.add_slots(conditions.initial_replicas * model.slots, 0.0)
        self._exporter = Exporter(self._station, model.timeout_seconds)
        self._prometheus = Prometheus(
            ingestion_seconds=INGESTION_SECONDS, outages=conditions.outages
        )
        self._run = Run()

    def _build_station(self) -> Station | ScatteredStation:
        model, workload = self._model, self._workload
        if model.scattered:
            return ScatteredStation(
                workload.arrivals,
                workload.service_times,
                timeout=model.timeout_seconds,
                bin_seconds=self._conditions.scrape_seconds,
                bin_phase=self._scrape_phase,
                pod_slots=model.slots,
                random=Random(f"balancer-{self._conditions.seed}"),
            )
        limit = model.database_replicas
        return Station(
            workload.arrivals,
            workload.service_times,
            timeout=model.timeout_seconds,
            bin_seconds=self._conditions.scrape_seconds,
            bin_phase=self._scrape_phase,
            database_slots=limit * model.slots if limit else None,
            idle_slots_count=model.idle_replicas_count,
        )

    def run(self) -> Run:
        """Go through the whole workload."""
        end = float(self._workload.seconds)
        scrapes = ticks = snapshots = 0
        while True:
            scrape_at = self._scrape_phase + scrapes * self._conditions.scrape_seconds
            tick_at = self._tick_phase + ticks * self._autoscaler.interval_seconds
            snapshot_at = snapshots * SNAPSHOT_SECONDS
            now = min(scrape_at, tick_at, snapshot_at, self._fleet.next_ready, end)
            self._station.advance(now)
            if now >= end:
                return self._finish(end)
            if now == self._fleet.next_ready:
                self._station.add_slots(self._fleet.start_ready(now) * self._model.slots, now)
            elif now == scrape_at:
                self._prometheus.ingest(self._exporter.scrape(scrapes, now))
                scrapes += 1
            elif now == tick_at:
                self._tick(now)
                ticks += 1
            else:
                self._snapshot(now)
                snapshots += 1

    def _tick(self, now: float) -> None:
        startups = sorted(self._fleet.startups[-20:])
        sight = Sight(
            now=now,
            pods=self._fleet.pods,
            prometheus=self._prometheus,
            in_system=self._station.waiting(now) + self._station.in_service(now),
            startup_seconds=startups[int(0.9 * (len(startups) - 1))],
        )
        bounds = self._conditions
        before = self._fleet.desired
        wanted = self._autoscaler.desired(sight)
        replicas = max(bounds.min_replicas, min(bounds.max_replicas, wanted))
        if replicas != before:
            self._run.changes.append((now, before, replicas))
            stopped = self._fleet.scale(replicas, now)
            self._station.remove_slots(stopped * self._model.slots, now, self._random)

    def _snapshot(self, now: float) -> None:
        pods = self._fleet.pods
        self._run.snapshots.append(
            Snapshot(now, pods.desired, pods.ready, pods.starting, self._station.waiting(now))
        )

    def _finish(self, end: float) -> Run:
        self._fleet.count_cost(end)
        self._station.advance(end + 2 * self._model.timeout_seconds)
        self._run.replica_seconds = self._fleet.pod_seconds
        self._run.latencies = self._station.latencies
        return self._run
