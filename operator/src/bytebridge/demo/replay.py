"""One replay of the load against the live cluster, in real time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from bytebridge.api.names import API_VERSION, PLURAL
from bytebridge.api.service import ScalableService
from bytebridge.demo.api_server import ApiServer, Change
from bytebridge.demo.database import DatabaseSide
from bytebridge.demo.exporter import serve_metrics
from bytebridge.demo.exposition import exposition
from bytebridge.demo.fleet import Fleet, follow
from bytebridge.demo.load import Arrivals, Load
from bytebridge.demo.policies import collection, pods_selector
from bytebridge.demo.recorder import Recorder
from bytebridge.demo.synthetic import SyntheticService

STEP_SECONDS = 0.1
SAMPLE_SECONDS = 1.0
_READY_SECONDS = 90.0


class NotReadyError(Exception):
    """The service's first pods did not become Ready."""


@dataclass(slots=True)
class Replay:
    """What a replay works with."""

    load: Load
    service: ScalableService
    synthetic: SyntheticService
    recorder: Recorder
    arrivals: Arrivals
    on_sample: Callable[["Replay"], None]
    """Called once a second: the view."""
    check: Callable[[], None]
    """Called once a second: raises when the run has lost its sense."""
    set_cpu: Callable[[dict[str, float]], None] = lambda _: None
    """Told each second how busy each pod is, 0 to 1."""
    database: DatabaseSide | None = None
    """The pods' connections to a real database."""
    fleet: Fleet = field(default_factory=Fleet)
    time: float = 0.0
    """Seconds since the load began."""

    async def run(self, api_server: ApiServer, add_target: Callable[[str], None]) -> None:
        """Replay the whole load.

        Args:
            api_server: Where the pods are watched.
            add_target: Told the address that Prometheus is to scrape.

        Raises:
            NotReadyError: No pod to begin with.
        """
        metadata = self.service.metadata
        metrics = serve_metrics(
            lambda: exposition(self.synthetic, metadata.namespace, metadata.name)
        )
        async with metrics as address, _in_background(self._watches(api_server)):
            add_target(address)
            await self._first_pods()
            await self._replay()

    def _watches(self, api_server: ApiServer) -> list[asyncio.Future[None]]:
        service, name = self.service, {"fieldSelector": f"metadata.name={self.service.target_name}"}
        fleet = self.fleet
        watches = (
            ("api/v1", "pods", {"labelSelector": pods_selector(service)}, self._see_pod),
            ("apis/apps/v1", "deployments", name, fleet.see_deployment),
            (f"apis/{API_VERSION}", PLURAL, name, fleet.see_service),
        )
        return [
            asyncio.ensure_future(
                follow(api_server, collection(api, service, plural), query, see, self._changed)
            )
            for api, plural, query, see in watches
        ]

    def _see_pod(self, change: Change) -> None:
        self.fleet.see_pod(change)
        if self.database is not None:
            self.database.see_pod(change)

    def _changed(self) -> None:
        self.synthetic.set_pods(self.fleet.ready)
        self.recorder.see(self.time, self.fleet)

    async def _first_pods(self) -> None:
        wanted = self.service.spec.scaling.min_replicas
        deadline = time.monotonic() + _READY_SECONDS
        while len(self.fleet.ready) < wanted:
            self.check()
            if time.monotonic() > deadline:
                raise NotReadyError(
                    f"{len(self.fleet.ready)} of {wanted} pods are Ready after"
                    f" {_READY_SECONDS:.0f} s: look at the operator's log"
                )
            await asyncio.sleep(STEP_SECONDS)

    async def _replay(self) -> None:
        begin, sampled = time.monotonic(), 0.0
        while self.time < self.load.seconds:
            await asyncio.sleep(STEP_SECONDS)
            self.time = min(time.monotonic() - begin, self.load.seconds)
            arrivals = self.arrivals.until(self.time)
            progress = self.synthetic.advance(self.time, arrivals)
            self.recorder.step(self.time, len(arrivals), progress)
            if self.time - sampled >= SAMPLE_SECONDS:
                sampled = self.time
                self._sample()

    def _sample(self) -> None:
        database = self.database
        self.recorder.sample(
            self.time, self.synthetic, self.fleet, database.connections if database else None
        )
        slots = self.synthetic.profile.slots_per_replica
        self.set_cpu({pod.name: pod.in_flight / slots for pod in self.synthetic.pods})
        self.on_sample(self)
        self.check()


@contextlib.asynccontextmanager
async def _in_background(tasks: list[asyncio.Future[None]]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
