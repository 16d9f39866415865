"""Loopback servers: an exporter whose figures are known, and a gate before Prometheus."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Exposition:
    """Counters that grow at known rates from the first scrape on, and gauges."""

    address: str = ""
    rates: dict[str, float] = field(default_factory=dict)
    gauges: dict[str, float] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    """Series that are shown no more: those whose name contains one of these."""
    began: float = field(default_factory=time.monotonic)
    past: list[str] = field(default_factory=list)
    """Samples with timestamps of their own, told once: a history in one scrape."""

    def text(self) -> str:
        if self.past:
            told = "".join(f"{line}\n" for line in self.past)
            self.past = []
            return told
        elapsed = time.monotonic() - self.began
        counters = {name: 1_000.0 + rate * elapsed for name, rate in self.rates.items()}
        shown = {
            name: value
            for name, value in (counters | self.gauges).items()
            if not any(part in name for part in self.silent)
        }
        return "".join(f"{name} {value}\n" for name, value in shown.items())


@contextmanager
def serve_exposition() -> Iterator[Exposition]:
    exposition = Exposition()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, 200, exposition.text().encode(), "text/plain; version=0.0.4")

        def log_message(self, *_: Any) -> None:
            pass

    with _serving(Handler) as exposition.address:
        yield exposition


@contextmanager
def gate(upstream: str, wanted: dict[str, str]) -> Iterator[str]:
    """Let only requests with these headers through to Prometheus, which can check neither."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if any(self.headers.get(name) != value for name, value in wanted.items()):
                _answer(self, 401, b"who are you?", "text/plain")
                return
            connection = http.client.HTTPConnection(upstream.removeprefix("http://"), timeout=5)
            headers = {"Content-Type": self.headers["Content-Type"]}
            connection.request("POST", self.path, body, headers)
            response = connection.getresponse()
            _answer(self, response.status, response.read(), "application/json")
            connection.close()

        def log_message(self, *_: Any) -> None:
            pass

    with _serving(Handler) as address:
        yield f"http://{address}"


@contextmanager
def answering(body: bytes, seconds: float = 0.0) -> Iterator[str]:
    """A server that says the same to everything, after a while."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers["Content-Length"]))
            if b"slow" in question:
                time.sleep(seconds)
            _answer(self, 200, body, "application/json")

        def log_message(self, *_: Any) -> None:
            pass

    with _serving(Handler) as address:
        yield f"http://{address}"


def _answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str) -> None:
    try:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
    except ConnectionError:
        return  # the reader's deadline has passed


class _Server(ThreadingHTTPServer):
    # The kernel tries a connection that finds no place again after a second.
    request_queue_size = 128


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
