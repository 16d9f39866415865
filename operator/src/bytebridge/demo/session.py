"""One run of the demo: a cluster of its own, a policy, the load, and what came of it."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from bytebridge.api.service import ScalableService
from bytebridge.demo.api_server import ApiServer
from bytebridge.demo.database import MAX_CONNECTIONS, database, database_side
from bytebridge.demo.load import Arrivals, Load
from bytebridge.demo.operator_process import start_operator
from bytebridge.demo.policies import Policy, definitions, objects, sample
from bytebridge.demo.record import Record
from bytebridge.demo.recorder import Aim, Recorder
from bytebridge.demo.replay import Replay
from bytebridge.demo.synthetic import ServiceProfile, SyntheticService
from bytebridge.demo.trace import WINDOW_SECONDS, load_trace, relative_intensity
from bytebridge.lab.cluster import Lab, start_lab
from bytebridge.lab.postgres import PostgresServer
from bytebridge.lab.resource_metrics import PodUsage
from bytebridge.lab.settings import LabSettings
from bytebridge.resources.pod_template import app_container_name

SURGE = "surge"
FULL = 0.9
"""Share of the slots that the fewest sufficient replicas are busy at."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a run is told."""

    policy: Policy
    load: Load
    seed: int
    folder: Path
    """For the operator's log."""
    database: bool = False
    """A real PostgreSQL behind the service."""


def usual_load() -> Load:
    """The load of the demo, from the shipped excerpt of a trace."""
    return Load(relative_intensity(load_trace(), WINDOW_SECONDS))


def run(course: Course, say: Callable[[str], None], on_sample: Callable[[Replay], None]) -> Record:
    """Bring everything up, replay the load, and tear everything down.

    Args:
        course: What to run.
        say: Told what goes on before the load begins.
        on_sample: Called once a second of the load.
    """
    began = time.monotonic()
    with database() if course.database else contextlib.nullcontext() as server:
        return _run_beside(course, say, on_sample, server, began)


def _run_beside(
    course: Course,
    say: Callable[[str], None],
    on_sample: Callable[[Replay], None],
    server: PostgresServer | None,
    began: float,
) -> Record:
    service = sample(server.port if server else None)
    settings = LabSettings(startup_seconds=float(service.spec.scaling.startup_seconds or 10))
    say("bringing up etcd, kube-apiserver, kube-controller-manager, KWOK and Prometheus")
    with start_lab(settings) as lab:
        say(f"the cluster answers after {time.monotonic() - began:.0f} s")
        replay = _replay(course, service, on_sample)
        asyncio.run(_run_on(lab, course, replay, say, server))
    record = replay.recorder.record(
        time.monotonic() - began, replay.synthetic.profile.client_timeout_seconds
    )
    if replay.database is None:
        return record
    seen = {"max_connections": MAX_CONNECTIONS, "connections_refused": replay.database.refused}
    return record.model_copy(update=seen)


def _replay(
    course: Course, service: ScalableService, on_sample: Callable[[Replay], None]
) -> Replay:
    profile, load = ServiceProfile(), course.load
    surge = next(phase for phase in load.phases if phase.name == SURGE)
    busy = load.usual * surge.level * profile.mean_service_seconds
    begin = load.starts_of(SURGE)
    aim = Aim(
        policy=course.policy.value,
        surge_at=begin,
        surge_ends=begin + surge.seconds,
        enough_replicas=ceil(busy / profile.slots_per_replica / FULL),
        objective_seconds=service.spec.scaling.latency_seconds or 0.2,
    )
    return Replay(
        load=load,
        service=service,
        synthetic=SyntheticService(profile, course.seed),
        recorder=Recorder(aim),
        arrivals=Arrivals(load, course.seed),
        on_sample=on_sample,
        check=lambda: None,
    )


async def _run_on(
    lab: Lab,
    course: Course,
    replay: Replay,
    say: Callable[[str], None],
    server: PostgresServer | None,
) -> None:
    async with (
        ApiServer(lab.server, lab.token, lab.ca_file) as api_server,
        database_side(server) as replay.database,
    ):
        for path, manifest in definitions(replay.service):
            await api_server.apply(path, manifest)
        await _until_served(api_server)
        with _cpu_metrics(lab, replay), _operator(lab, course, replay, say):
            port = server.port if server else None
            for path, manifest in objects(course.policy, replay.service, port):
                await api_server.apply(path, manifest)
            say("applied; waiting for the first pods")
            await replay.run(api_server, lambda at: lab.add_scrape_target("gateway", at))


async def _until_served(api_server: ApiServer) -> None:
    """A CRD is known a moment before its objects can be created."""
    crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    while True:
        items = (await api_server.get(crd))["items"]
        conditions = (items[0].get("status", {}).get("conditions") if items else None) or []
        if any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
            return
        await asyncio.sleep(0.1)


@contextlib.contextmanager
def _operator(
    lab: Lab, course: Course, replay: Replay, say: Callable[[str], None]
) -> Iterator[None]:
    """The operator, where it is the policy; a plain HPA is the controller manager's."""
    if course.policy is not Policy.BYTEBRIDGE:
        yield
        return
    log = course.folder / "operator.log"
    say(f"starting the operator; its log: {log}")
    with start_operator(lab.kubeconfig, lab.prometheus_url, log) as operator:
        replay.check = operator.check
        yield


@contextlib.contextmanager
def _cpu_metrics(lab: Lab, replay: Replay) -> Iterator[None]:
    """metrics.k8s.io for HPAs, the one beside the operator as well: each pod's busy share."""
    container = app_container_name(replay.service) or "app"
    cpu: dict[str, float] = {}
    replay.set_cpu = lambda busy: _replace(cpu, busy)
    with lab.resource_metrics(
        lambda _: {name: PodUsage(container, share) for name, share in dict(cpu).items()}
    ):
        yield


def _replace(cpu: dict[str, float], busy: dict[str, float]) -> None:
    for gone in cpu.keys() - busy.keys():
        del cpu[gone]
    cpu.update(busy)
