"""The guard of databases, by the series that real exporters have."""

from typing import Any

import pytest

from integration.operator.databases import hpa_maximum, with_database
from support.load import LoadExporter
from support.objects import Cluster, pods_that_serve, stays, wait_for

READERS = ("10.0.0.1", "10.0.0.2")
BOUND = ("True", "Waiting")


def _monitoring(cluster: Cluster) -> dict[str, Any]:
    labels = [{"name": "cluster", "value": cluster.namespace}]
    return {"exporter": "postgres-exporter", "labels": labels}


def _connections(cluster: Cluster, legal: float, postgres: float) -> dict[str, float]:
    """postgres_exporter counts by database; together they are the server's."""
    name, server = "pg_stat_database_numbackends", f'cluster="{cluster.namespace}",instance="db"'
    return {
        f'{name}{{{server},datid="16384",datname="legal"}}': legal,
        f'{name}{{{server},datid="5",datname="postgres"}}': postgres,
    }


def _lag(cluster: Cluster, reader: str, seconds: float) -> dict[str, float]:
    labels = f'cluster="{cluster.namespace}",instance="{reader}:5432"'
    return {
        f"pg_replication_is_replica{{{labels}}}": 1,
        f"pg_replication_lag_seconds{{{labels}}}": seconds,
    }


@pytest.mark.usefixtures("operator")
def test_no_pods_are_added_while_clients_wait_for_the_database(
    cluster: Cluster, load: LoadExporter
) -> None:
    space = cluster.namespace
    load.set(space, "nlp", rate=50.0, ready=pods_that_serve(cluster), waiting_for_database=9.0)
    cluster.create(with_database("nlp", max_replicas=40, maxConnections=200, pooler={}))
    wait_for(
        "the condition",
        lambda: cluster.condition("nlp", "DatabaseBound"),
        ("True", "Waiting"),
        seconds=60,
    )
    before = cluster.replicas("nlp")
    wait_for("the HPA's maximum", lambda: hpa_maximum(cluster, "nlp"), before)
    load.set(space, "nlp", rate=600.0)
    stays("the replicas", lambda: cluster.replicas("nlp"), before, 6)
    message = cluster.service("nlp")["status"]["conditions"]
    assert "9 clients wait" in str(message)


@pytest.mark.usefixtures("operator")
def test_no_pods_are_added_at_the_limit_of_connections(
    cluster: Cluster, load: LoadExporter
) -> None:
    space = cluster.namespace
    load.set(space, "nlp", rate=50.0, ready=pods_that_serve(cluster))
    load.expose(space, _connections(cluster, legal=179, postgres=4))
    monitoring = _monitoring(cluster)
    cluster.create(with_database("nlp", max_replicas=40, maxConnections=200, monitoring=monitoring))
    wait_for("the condition", lambda: cluster.condition("nlp", "DatabaseBound"), BOUND, seconds=60)
    assert "183 of 190 usable connections" in str(cluster.service("nlp")["status"]["conditions"])
    before = cluster.replicas("nlp")
    wait_for("the HPA's maximum", lambda: hpa_maximum(cluster, "nlp"), before)
    load.set(space, "nlp", rate=600.0)
    stays("the replicas", lambda: cluster.replicas("nlp"), before, 6)
    load.expose(space, _connections(cluster, legal=90, postgres=4))
    wait_for("the condition", lambda: cluster.condition("nlp", "DatabaseBound"), None, seconds=90)
    wait_for("the HPA's maximum", lambda: hpa_maximum(cluster, "nlp"), 40)
    wait_for("replicas", lambda: cluster.replicas("nlp") > before, wanted=True)


@pytest.mark.usefixtures("operator")
def test_a_reader_that_lags_is_left_out_and_taken_back(
    cluster: Cluster, load: LoadExporter
) -> None:
    """By EndpointSlice for the one service, by its pooler's configuration for the other."""
    common: dict[str, Any] = {
        "maxConnections": 400,
        "readers": [{"host": host} for host in READERS],
        "monitoring": _monitoring(cluster),
    }
    cluster.create(with_database("addressed", **common))
    cluster.create(with_database("pooled", pooler={}, **common))
    for reader in READERS:
        load.expose(cluster.namespace, _lag(cluster, reader, 0))
    both = (list(READERS), list(READERS))
    wait_for("readers", lambda: (_addresses(cluster), _pooled(cluster)), both)
    wait_for("pods", lambda: _all_ready(cluster), wanted=True)
    before = _pods(cluster)
    for lag, left in [(31, READERS[:1]), (14, READERS)]:
        load.expose(cluster.namespace, _lag(cluster, READERS[1], lag))
        wanted = (list(left), list(left))
        wait_for("readers", lambda: (_addresses(cluster), _pooled(cluster)), wanted, seconds=90)
    assert _pods(cluster) == before
    events = cluster.core.list_namespaced_event(cluster.namespace).items
    told = {(event.involved_object.name, event.reason) for event in events}
    for name in ("addressed", "pooled"):
        assert {(name, "ReaderLeftOut"), (name, "ReaderBack")} <= told


def _addresses(cluster: Cluster) -> list[str]:
    found = cluster.discovery.read_namespaced_endpoint_slice("addressed-readers", cluster.namespace)
    return sorted(address for endpoint in found.endpoints for address in endpoint.addresses)


def _pooled(cluster: Cluster) -> list[str]:
    data = cluster.core.read_namespaced_config_map("pooled-pooler", cluster.namespace).data
    return [reader for reader in READERS if reader in data["pgbouncer.ini"]]


def _pods(cluster: Cluster) -> set[str]:
    return {pod.metadata.uid for pod in cluster.core.list_namespaced_pod(cluster.namespace).items}


def _all_ready(cluster: Cluster) -> bool:
    return all(cluster.ready(name) == 2 for name in ("addressed", "pooled", "pooled-pooler"))
