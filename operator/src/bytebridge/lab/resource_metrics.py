"""metrics.k8s.io for pods that are played: what metrics-server is to real ones.

KWOK's pods use no CPU that a kubelet could measure, so whoever plays the load says how much each
would use, and the real HPA of the real controller manager reads it through the aggregation layer.
"""

import datetime as dt
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bytebridge.lab.ports import LOOPBACK

Manifest = dict[str, Any]

GROUP_VERSION = "metrics.k8s.io/v1beta1"
_ROOT = f"/apis/{GROUP_VERSION}"
WINDOW_SECONDS = 15


@dataclass(frozen=True, slots=True)
class PodUsage:
    """What one pod's container uses."""

    container: str
    cpu_cores: float


Usage = Callable[[str], Mapping[str, PodUsage]]
"""From a namespace to its pods' usage, by pod."""


@contextmanager
def serve_resource_metrics(usage: Usage, certificate: str, key: str) -> Iterator[int]:
    """Serve the API on a free loopback port; yields the port.

    Args:
        usage: Asked at every request.
        certificate: File of the serving certificate, PEM.
        key: File of its key, PEM.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answer(self.path.split("?")[0], usage, dt.datetime.now(dt.UTC))
            content = json.dumps(body or {"kind": "Status", "code": 404}).encode()
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(path: str, usage: Usage, now: dt.datetime) -> Manifest | None:
    """The body of the answer; `None`: not found."""
    if path == _ROOT:
        return _discovery()
    parts = path.removeprefix(f"{_ROOT}/").split("/")
    if len(parts) == 3 and (parts[0], parts[2]) == ("namespaces", "pods"):
        namespace = parts[1]
        items = [_pod(namespace, name, use, now) for name, use in usage(namespace).items()]
        return {"kind": "PodMetricsList", "apiVersion": GROUP_VERSION, "metadata": {}} | {
            "items": items
        }
    return None


def registration(port: int) -> list[tuple[str, Manifest]]:
    """What makes the API server pass requests on: paths, and the objects there."""
    namespace, name = "kube-system", "resource-metrics"
    version, group = "v1beta1", "metrics.k8s.io"
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    }
    api_service = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"{version}.{group}"},
        "spec": {
            "group": group,
            "version": version,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"name": name, "namespace": namespace, "port": port},
        },
    }
    return [
        (f"/api/v1/namespaces/{namespace}/services/{name}", service),
        (f"/apis/apiregistration.k8s.io/v1/apiservices/{version}.{group}", api_service),
    ]


def _discovery() -> Manifest:
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": GROUP_VERSION,
        "resources": [
            {
                "name": "pods",
                "singularName": "",
                "namespaced": True,
                "kind": "PodMetrics",
                "verbs": ["get", "list"],
            }
        ],
    }


def _pod(namespace: str, name: str, use: PodUsage, now: dt.datetime) -> Manifest:
    return {
        "metadata": {"name": name, "namespace": namespace},
        "timestamp": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "window": f"{WINDOW_SECONDS}s",
        "containers": [
            {
                "name": use.container,
                "usage": {"cpu": f"{use.cpu_cores * 1000:.0f}m", "memory": "100Mi"},
            }
        ],
    }
