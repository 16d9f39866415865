"""Prometheus in the cluster, asked through the API server."""

import json
from typing import Any
from urllib.parse import urlencode

from e2e.cluster.cluster import Cluster

NAMESPACE = "monitoring"
URL = f"http://prometheus.{NAMESPACE}:9090"
"""As pods reach it."""

_PROXY = f"/api/v1/namespaces/{NAMESPACE}/services/prometheus:9090/proxy/api/v1"


def ask(cluster: Cluster, query: str) -> list[dict[str, Any]]:
    """Samples that a query gives now; each has `metric` and `value`."""
    answer = cluster.kubectl("get", "--raw", f"{_PROXY}/query?{urlencode({'query': query})}")
    found: list[dict[str, Any]] = json.loads(answer)["data"]["result"]
    return found


def value(cluster: Cluster, query: str) -> float | None:
    """The one sample that a query gives; `None` if it gives none.

    Raises:
        ValueError: It gives several.
    """
    samples = ask(cluster, query)
    if len(samples) > 1:
        raise ValueError(f"{query}: expected one sample, got {len(samples)}; aggregate them")
    return float(samples[0]["value"][1]) if samples else None
