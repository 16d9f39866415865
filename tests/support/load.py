"""A /metrics endpoint that plays the pods of services: the test's hand on the load."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ServiceLoad:
    """What one service's pods export; the counter grows at the rate that is set."""

    rate: float = 0.0
    in_flight: float = 0.0
    queue: float = 0.0
    service_seconds: float = 0.06
    silent: bool = False
    total: float = 1_000.0
    at: float = 0.0


class LoadExporter:
    """Series of the fastapi preset, and a queue gauge, for any number of services."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loads: dict[tuple[str, str], ServiceLoad] = {}
        self.address = ""

    def set(self, namespace: str, service: str, **values: Any) -> None:
        """Change a service's load from now on."""
        with self._lock:
            load = self._loads.setdefault((namespace, service), ServiceLoad(at=time.monotonic()))
            self._advance(load)
            for name, value in values.items():
                setattr(load, name, value)

    def exposition(self) -> str:
        with self._lock:
            lines = []
            for (namespace, service), load in self._loads.items():
                self._advance(load)
                if not load.silent:
                    lines += self._series(namespace, service, load)
        return "\n".join(lines) + "\n"

    @staticmethod
    def _advance(load: ServiceLoad) -> None:
        now = time.monotonic()
        load.total += load.rate * (now - load.at)
        load.at = now

    @staticmethod
    def _series(namespace: str, service: str, load: ServiceLoad) -> list[str]:
        labels = f'{{namespace="{namespace}",scaling_bytebridge_io_service="{service}"}}'
        seconds = load.total * load.service_seconds
        return [
            f"http_requests_total{labels} {load.total}",
            f"http_requests_inprogress{labels} {load.in_flight}",
            f"test_queue_depth{labels} {load.queue}",
            f"http_request_duration_seconds_sum{labels} {seconds}",
            f"http_request_duration_seconds_count{labels} {load.total}",
        ]


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
