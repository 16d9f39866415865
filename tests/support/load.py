"""A /metrics endpoint that plays the pods of services: the test's hand on the load."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOTS_PER_POD = 4


@dataclass
class PodCounters:
    """What one pod has counted."""

    received: float = 0.0
    served: float = 0.0


@dataclass
class ServiceLoad:
    """What one service's pods export; the counters grow at the rate that is set."""

    rate: float = 0.0
    in_flight: float = 0.0
    queue: float = 0.0
    service_seconds: float = 0.06
    silent: bool = False
    waiting_for_database: float | None = None
    """Clients that wait at the service's pooler."""
    at: float = 0.0
    ready: Callable[[], int] | None = None
    """Pods that serve, four requests each at once; without it the gauges stay as they are set."""
    pods: list[PodCounters] = field(default_factory=list)

    def advance(self, now: float) -> None:
        """Let the time pass: a fluid queue before the pods that are Ready."""
        elapsed, self.at = now - self.at, now
        if elapsed <= 0:
            return
        done = self.rate * elapsed
        ready = 1
        if self.ready is not None:
            ready = self.ready()
            slots = SLOTS_PER_POD * ready
            done = min(self.queue + self.rate * elapsed, slots / self.service_seconds * elapsed)
            self.queue += self.rate * elapsed - done
            self.in_flight = min(slots, done / elapsed * self.service_seconds)
        del self.pods[ready:]
        self.pods += [PodCounters() for _ in range(ready - len(self.pods))]
        for pod in self.pods:
            pod.received += self.rate * elapsed / ready
            pod.served += done / ready


class LoadExporter:
    """Series of the fastapi preset, and a queue gauge, for any number of services."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loads: dict[tuple[str, str], ServiceLoad] = {}
        self._others: dict[str, dict[str, float]] = {}
        self.address = ""

    def set(self, namespace: str, service: str, **values: Any) -> None:
        """Change a service's load from now on."""
        with self._lock:
            load = self._loads.setdefault((namespace, service), ServiceLoad(at=time.monotonic()))
            load.advance(time.monotonic())
            for name, value in values.items():
                setattr(load, name, value)

    def expose(self, namespace: str, series: dict[str, float]) -> None:
        """Values of series, by name and labels, as other exporters have them: of databases."""
        with self._lock:
            self._others.setdefault(namespace, {}).update(series)

    def forget(self, namespace: str) -> None:
        """Stop to export a namespace's services."""
        with self._lock:
            self._others.pop(namespace, None)
            self._loads = {key: load for key, load in self._loads.items() if key[0] != namespace}

    def exposition(self) -> str:
        with self._lock:
            lines = [
                f"{name} {value}"
                for series in self._others.values()
                for name, value in series.items()
            ]
            for (namespace, service), load in self._loads.items():
                load.advance(time.monotonic())
                if not load.silent:
                    lines += self._series(namespace, service, load)
        return "\n".join(lines) + "\n"

    @staticmethod
    def _series(namespace: str, service: str, load: ServiceLoad) -> list[str]:
        names = f'namespace="{namespace}",scaling_bytebridge_io_service="{service}"'
        lines = [f"test_queue_depth{{{names}}} {load.queue}"]
        if load.waiting_for_database is not None:
            name = "pgbouncer_pools_client_waiting_connections"
            lines.append(f"{name}{{{names}}} {load.waiting_for_database}")
        for number, pod in enumerate(load.pods):
            labels = f'{{{names},pod="{service}-{number}"}}'
            lines += [
                f"http_requests_total{labels} {pod.received}",
                f"http_requests_inprogress{labels} {load.in_flight / len(load.pods)}",
                f"http_request_duration_seconds_sum{labels} {pod.served * load.service_seconds}",
                f"http_request_duration_seconds_count{labels} {pod.served}",
            ]
        return lines


@contextmanager
def serve_load() -> Iterator[LoadExporter]:
    """Serve an exporter on a free loopback port."""
    exporter = LoadExporter()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = exporter.exposition().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    exporter.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield exporter
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
