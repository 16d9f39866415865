"""The operator with thousands of services on the real control plane."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil

from bytebridge.api.crd import custom_resource_definition
from bytebridge.api.names import API_VERSION, KIND, PLURAL, SERVICE_SERIES_LABEL
from bytebridge.demo.api_server import ApiServer
from bytebridge.demo.exporter import serve_metrics
from bytebridge.demo.operator_process import OperatorProcess, start_operator
from bytebridge.lab.cluster import Lab, start_lab
from bytebridge.lab.settings import LabSettings

NAMESPACE = "bench"
RATE = 20.0
AT_ONCE = 32
_READY_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class FleetFigures:
    """What was measured."""

    services: int
    all_ready_seconds: float
    """From the first ScalableService created until every one is Ready with fresh signals."""
    watched_seconds: float
    """The steady state that the figures below are of."""
    ticks: int
    mean_tick_seconds: float
    cpu_share: float
    """Of one core."""
    resident_megabytes: float
    writes: float
    """Requests of the operator other than reads and its Lease."""
    queries_per_second: float


def measure(
    services: int, seconds: float, folder: Path, say: Callable[[str], None]
) -> FleetFigures:
    """Create the services, wait until all are served, and watch a steady load.

    Args:
        services: How many; each has one pod.
        seconds: How long to watch.
        folder: For the operator's log.
        say: Told what goes on.
    """
    with start_lab(LabSettings(startup_seconds=1.0)) as lab:
        return asyncio.run(_measure(lab, services, seconds, folder, say))


async def _measure(
    lab: Lab, services: int, seconds: float, folder: Path, say: Callable[[str], None]
) -> FleetFigures:
    log = folder / "bench-operator.log"
    async with ApiServer(lab.server, lab.token, lab.ca_file) as api, _load(lab, services):
        await _prepare(api)
        with start_operator(lab.kubeconfig, lab.prometheus_url, log) as operator:
            began = time.monotonic()
            await _create_all(api, services)
            say(f"{services} created after {time.monotonic() - began:.0f} s")
            await _until_all_served(api, services, operator, say)
            ready = time.monotonic() - began
            say(f"all served after {ready:.0f} s; watching for {seconds:.0f} s")
            # What the last change still moves, holds included, must not blur the steady state.
            await asyncio.sleep(STILL_SECONDS)
            return await _watch(operator, services, ready, seconds)


STILL_SECONDS = 90.0


async def _watch(
    operator: OperatorProcess, services: int, ready: float, seconds: float
) -> FleetFigures:
    process = psutil.Process(operator.pid)
    began, before, cpu = time.monotonic(), _figures(operator), _cpu(process)
    await asyncio.sleep(seconds)
    after, elapsed = _figures(operator), time.monotonic() - began
    ticks = after["tick_count"] - before["tick_count"]
    return FleetFigures(
        services=services,
        all_ready_seconds=ready,
        watched_seconds=elapsed,
        ticks=int(ticks),
        mean_tick_seconds=(after["tick_sum"] - before["tick_sum"]) / max(1.0, ticks),
        cpu_share=(_cpu(process) - cpu) / elapsed,
        resident_megabytes=process.memory_info().rss / 1e6,
        writes=after["writes"] - before["writes"],
        queries_per_second=(after["queries"] - before["queries"]) / elapsed,
    )


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


_NAMES = {
    "tick_count": r"bytebridge_tick_duration_seconds_count",
    "tick_sum": r"bytebridge_tick_duration_seconds_sum",
    "queries": r"bytebridge_prometheus_queries_total",
    "writes": r'bytebridge_api_writes_total(?!{kind="Lease"})',
}


def _figures(operator: OperatorProcess) -> dict[str, float]:
    with urlopen(f"http://{operator.address}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return {
        name: sum(map(float, re.findall(rf"^{metric}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)))
        for name, metric in _NAMES.items()
    }


@contextlib.asynccontextmanager
async def _load(lab: Lab, services: int) -> AsyncIterator[None]:
    """One exporter plays all pods: a constant rate, nothing waits."""
    began = time.monotonic()

    def text() -> str:
        total = 1000 + RATE * (time.monotonic() - began)
        return "".join(_series(number, total) for number in range(services))

    async with serve_metrics(text) as address:
        lab.add_scrape_target("bench", address)
        yield


def _series(number: int, total: float) -> str:
    labels = f'{{namespace="{NAMESPACE}",{SERVICE_SERIES_LABEL}="s{number}",pod="s{number}-0"}}'
    return (
        f"http_requests_total{labels} {total}\n"
        f"http_requests_inprogress{labels} 1\n"
        f"http_request_duration_seconds_sum{labels} {total * 0.05}\n"
        f"http_request_duration_seconds_count{labels} {total}\n"
    )


async def _prepare(api: ApiServer) -> None:
    crd = custom_resource_definition()
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}"
    await api.apply(path, crd)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    await api.apply(f"/api/v1/namespaces/{NAMESPACE}", namespace)
    while True:
        conditions = (await api.get(path)).get("status", {}).get("conditions") or []
        if any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
            return
        await asyncio.sleep(0.1)


def _manifest(number: int) -> dict[str, Any]:
    container = {"name": "app", "image": "example", "resources": {"requests": {"cpu": "100m"}}}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": f"s{number}"},
        "spec": {
            "template": {"spec": {"containers": [container]}},
            "scaling": {
                "minReplicas": 1,
                "maxReplicas": 10,
                "objective": {"latencyMilliseconds": 200},
                "concurrencyPerReplica": 4,
            },
        },
    }


async def _create_all(api: ApiServer, services: int) -> None:
    limit = asyncio.Semaphore(AT_ONCE)

    async def create(number: int) -> None:
        path = f"/apis/{API_VERSION}/namespaces/{NAMESPACE}/{PLURAL}/s{number}"
        async with limit:
            await api.apply(path, _manifest(number))

    await asyncio.gather(*(create(number) for number in range(services)))


async def _until_all_served(
    api: ApiServer, services: int, operator: OperatorProcess, say: Callable[[str], None]
) -> None:
    deadline, told = time.monotonic() + _READY_SECONDS, 0.0
    while True:
        operator.check()
        found = await api.get(f"/apis/{API_VERSION}/namespaces/{NAMESPACE}/{PLURAL}")
        served = sum(_served(item) for item in found["items"])
        if served == services:
            return
        now = time.monotonic()
        if now > deadline:
            raise TimeoutError(f"{served} of {services} are served after {_READY_SECONDS:.0f} s")
        if now - told > 15:
            told = now
            say(f"{served} of {services} are served")
        await asyncio.sleep(2)


def _served(item: dict[str, Any]) -> bool:
    true = {
        c["type"] for c in item.get("status", {}).get("conditions", []) if c["status"] == "True"
    }
    return {"Ready", "MetricsAvailable"} <= true
