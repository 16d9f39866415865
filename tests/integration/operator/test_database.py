"""Connection budgets on a real control plane."""

import re
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from kubernetes.client import ApiException

from bytebridge.api.names import BUDGET_PLURAL, GROUP, VERSION
from integration.operator.databases import hpa_maximum, with_database
from support.objects import Cluster, scalable_service, wait_for

ROLLOUT_SECONDS = 120.0

BUDGET = "DatabaseBudget"


def environment(cluster: Cluster, name: str) -> dict[str, str | None]:
    template = cluster.apps.read_namespaced_deployment(name, cluster.namespace).spec.template
    return {variable.name: variable.value for variable in template.spec.containers[0].env or []}


def pool_size(cluster: Cluster, name: str) -> str | None:
    return environment(cluster, name).get("DB_POOL_SIZE")


def has_pools(cluster: Cluster, name: str) -> bool:
    return pool_size(cluster, name) is not None


@pytest.fixture
def database_budget(cluster: Cluster) -> Iterator[str]:
    name = cluster.namespace
    spec = {"host": f"db.{name}", "maxConnections": 130, "reservedConnections": 10}
    cluster.custom.create_cluster_custom_object(
        *(GROUP, VERSION, BUDGET_PLURAL),
        {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": BUDGET,
            "metadata": {"name": name},
            "spec": spec,
        },
    )
    yield name
    cluster.custom.delete_cluster_custom_object(GROUP, VERSION, BUDGET_PLURAL, name)


@pytest.mark.usefixtures("operator")
def test_pools_are_sized_for_the_worst_moment(cluster: Cluster) -> None:
    cluster.create(with_database("nlp", max_replicas=40, maxConnections=200))
    wait_for("the pool size", lambda: pool_size(cluster, "nlp"), "3")
    wait_for("the condition", lambda: cluster.condition("nlp", BUDGET), ("True", "Budgeted"))
    writer = cluster.service("nlp")["status"]["database"]["writer"]
    assert (writer["poolSize"], writer["connections"]) == (3, 180)
    before = cluster.apps.read_namespaced_deployment("nlp", cluster.namespace).metadata.generation
    cluster.scale("nlp", 20)
    wait_for("20 Ready", lambda: cluster.ready("nlp") >= 20, wanted=True)
    after = cluster.apps.read_namespaced_deployment("nlp", cluster.namespace)
    assert pool_size(cluster, "nlp") == "3"
    assert after.metadata.annotations["deployment.kubernetes.io/revision"] == "1"
    assert before == 1


@pytest.mark.usefixtures("operator")
def test_too_few_connections_cap_the_replicas(cluster: Cluster) -> None:
    cluster.create(with_database("nlp", max_replicas=40, minReplicas=2, maxConnections=28))
    # 18 connections: 12 replicas, 3 of a rollout, 3 that terminate.
    wait_for(
        "the condition", lambda: cluster.condition("nlp", BUDGET), ("False", "TooFewConnections")
    )
    wait_for("the HPA's maximum", lambda: hpa_maximum(cluster, "nlp"), 12)
    assert pool_size(cluster, "nlp") == "1"


@pytest.mark.usefixtures("operator")
def test_services_share_and_one_shrinks_for_a_third(cluster: Cluster, database_budget: str) -> None:
    # Before Kubernetes 1.35, where Deployments count no terminating pods, what is given back is
    # free after another minute.
    for name in ("a", "b"):
        cluster.create(with_database(name))
        wait_for(f"pools of {name}", partial(has_pools, cluster, name), True, ROLLOUT_SECONDS)
    sizes = {name: pool_size(cluster, name) for name in ("a", "b")}
    # The first had all; the second made it give back.
    assert sizes == {"a": "5", "b": "5"}

    def summary() -> str:
        found = cluster.custom.get_cluster_custom_object(
            GROUP, VERSION, BUDGET_PLURAL, database_budget
        )
        return str(found.get("status", {}).get("summary"))

    space = cluster.namespace
    wait_for("who holds what", summary, f"{space}/a 60, {space}/b 60")
    cluster.create(with_database("c"))
    wait_for("pools of c", lambda: pool_size(cluster, "c"), "2", 2 * ROLLOUT_SECONDS)
    assert {name: pool_size(cluster, name) for name in ("a", "b")} == {"a": "5", "b": "3"}
    events = cluster.core.list_namespaced_event(space).items
    shrunk = [event for event in events if event.reason == "DatabasePoolsShrink"]
    assert {event.involved_object.name for event in shrunk} == {"a", "b"}


@pytest.mark.usefixtures("operator")
def test_a_pooler_comes_and_goes(cluster: Cluster) -> None:
    cluster.create(with_database("nlp", maxConnections=50, pooler={}))
    objects = ["deployment/nlp", "deployment/nlp-pooler", "hpa/nlp", "pdb/nlp", "pdb/nlp-pooler"]
    objects += ["service/nlp", "service/nlp-pooler"]
    wait_for("children", cluster.names, objects)
    text = cluster.core.read_namespaced_config_map("nlp-pooler", cluster.namespace).data
    assert "pool_size=10 max_db_connections=10" in text["pgbouncer.ini"]
    assert environment(cluster, "nlp")["PGHOST"] == "nlp-pooler"
    pooler = cluster.apps.read_namespaced_deployment("nlp-pooler", cluster.namespace)
    assert pooler.spec.replicas == 2
    cluster.patch("nlp", {"spec": {"database": {"postgres": {"pooler": None}}}})
    left = ["deployment/nlp", "hpa/nlp", "pdb/nlp", "service/nlp"]
    wait_for("the pooler is gone", cluster.names, left)
    assert environment(cluster, "nlp")["PGHOST"] == "db"


@pytest.mark.usefixtures("operator")
def test_readers_by_address_and_a_shared_cache(cluster: Cluster) -> None:
    readers = [{"host": "10.0.0.1"}, {"host": "10.0.0.2"}]
    manifest = with_database("nlp", maxConnections=100, readers=readers)
    manifest["spec"]["cache"] = {"redis": {"mode": "Shared"}}
    cluster.create(manifest)
    objects = ["deployment/nlp", "deployment/nlp-cache", "hpa/nlp", "pdb/nlp"]
    objects += ["service/nlp", "service/nlp-cache", "service/nlp-readers"]
    wait_for("children", cluster.names, objects)
    found = environment(cluster, "nlp")
    assert found["PGHOST_READERS"] == "nlp-readers"
    assert found["REDIS_URL"] == "redis://nlp-cache:6379/0"


@pytest.mark.usefixtures("operator")
def test_a_service_without_a_limit_is_told(cluster: Cluster) -> None:
    cluster.create(with_database("nlp"))
    wait_for("the condition", lambda: cluster.condition("nlp", BUDGET), ("Unknown", "NotBudgeted"))


@pytest.mark.parametrize(
    ("postgres", "cache", "message"),
    [
        ({"maxConnections": 12}, {}, "12 less reservedConnections 10 leaves 2.*needs 3 pools"),
        ({"maxConnections": 13, "pooler": {}}, {}, "leaves 3.*needs 4 pools"),
        ({"pooler": {}, "credentials": {"secretName": "s", "uriKey": "u"}}, {}, "past the pooler"),
        (
            {"pooler": {}, "readers": [{"host": "a"}, {"host": "b", "port": 1}]},
            {},
            "one port for all readers",
        ),
        (
            {},
            {"mode": "Sidecar", "endpoint": {"host": "r"}},
            "only with mode External",
        ),
        ({}, {"mode": "Shared", "secretRef": {"name": "s", "key": "k"}}, "only with mode External"),
        ({}, {"mode": "External"}, "add endpoint.host"),
    ],
)
def test_refused(
    cluster: Cluster, postgres: dict[str, Any], cache: dict[str, Any], message: str
) -> None:
    manifest = with_database("nlp", **postgres)
    if cache:
        manifest["spec"]["cache"] = {"redis": cache}
    with pytest.raises(ApiException) as refused:
        cluster.create(manifest)
    body = str(refused.value.body)
    assert refused.value.status == 422
    assert re.search(message, body), body


def test_mongodb_is_refused_with_numbers(cluster: Cluster) -> None:
    manifest = scalable_service("nlp")
    mongodb = {"cluster": "c", "credentials": {"secretName": "s"}, "maxConnections": 18}
    manifest["spec"]["database"] = {"mongodb": mongodb}
    with pytest.raises(ApiException, match=r"18 less reservedConnections 10 leaves 8.*needs 9"):
        cluster.create(manifest)


def test_a_budget_of_nothing_is_refused(cluster: Cluster) -> None:
    manifest = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": BUDGET,
        "metadata": {"name": f"x{uuid.uuid4().hex[:8]}"},
        "spec": {"host": "db.x", "maxConnections": 10},
    }
    with pytest.raises(ApiException, match="10 less reservedConnections 10 leaves nothing"):
        cluster.custom.create_cluster_custom_object(GROUP, VERSION, BUDGET_PLURAL, manifest)
