"""Deletions that no watch has told of."""

from typing import Any

from bytebridge.cluster.client import ClusterClient
from bytebridge.cluster.connection import Connection
from bytebridge.controller.listing import fill, forget_deleted
from bytebridge.controller.store import Store
from bytebridge.lab.cluster import Lab
from support.objects import Cluster, deployment, scalable_service


async def test_a_list_finds_what_is_gone(lab: Lab, cluster: Cluster, monkeypatch: Any) -> None:
    monkeypatch.setenv("KUBECONFIG", str(lab.kubeconfig))
    for name in ("kept", "gone"):
        cluster.create(deployment(name, 0))
        cluster.create(scalable_service(name))
    store, scopes = Store(tick_seconds=5), (cluster.namespace,)
    async with Connection() as connection:
        client = ClusterClient(connection)
        await fill(store, client, scopes, budgets=True, monitors=False)
        store.put_budget(
            {"metadata": {"name": "gone"}, "spec": {"host": "x", "maxConnections": 99}}
        )
        assert await forget_deleted(store, client, scopes, monitors=False) == 1
        assert "gone" not in store.budgets
        cluster.delete("gone")
        cluster.apps.delete_namespaced_deployment("gone", cluster.namespace)
        assert await forget_deleted(store, client, scopes, monitors=False) == 2
    assert set(store.services) == set(store.deployments) == {(cluster.namespace, "kept")}
