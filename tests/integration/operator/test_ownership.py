"""Objects that no watch shows: whose they are, and what becomes of them."""

from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from bytebridge.lab.cluster import Lab
from support.objects import Cluster, Manifest, scalable_service, stays, wait_for
from support.operator_process import RELISTS_SOON, running_operator

CACHE = "nlp-cache"


@pytest.fixture
def network(lab: Lab) -> Any:
    return client.NetworkingV1Api(config.new_client_from_config(str(lab.kubeconfig)))


def _with_cache() -> Manifest:
    service = scalable_service("nlp")
    service["spec"]["cache"] = {"redis": {"mode": "Shared", "memory": "64Mi"}}
    return service


def _policies(network: Any, cluster: Cluster) -> list[str]:
    found = network.list_namespaced_network_policy(cluster.namespace).items
    return [item.metadata.name for item in found]


@pytest.mark.usefixtures("operator")
def test_somebody_elses_network_policy_is_not_taken_over(cluster: Cluster, network: Any) -> None:
    theirs = {"metadata": {"name": CACHE}, "spec": {"podSelector": {"matchLabels": {"a": "b"}}}}
    network.create_namespaced_network_policy(cluster.namespace, theirs)
    cluster.create(_with_cache())

    def words() -> list[str]:
        conditions = cluster.service("nlp").get("status", {}).get("conditions", [])
        return [item["message"] for item in conditions if item["reason"] == "ApplyFailed"]

    told = (
        f"NetworkPolicy {cluster.namespace}/{CACHE}: exists and is not this service's: "
        "rename one of them"
    )
    wait_for("told", words, [told])
    found = network.read_namespaced_network_policy(CACHE, cluster.namespace)
    assert found.spec.pod_selector.match_labels == {"a": "b"}
    assert not found.metadata.owner_references
    network.delete_namespaced_network_policy(CACHE, cluster.namespace)
    wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"), 60)
    assert _policies(network, cluster) == [CACHE]


def test_what_a_spec_lists_no_more_goes_after_a_restart_too(
    lab: Lab, cluster: Cluster, network: Any, tmp_path: Path
) -> None:
    with running_operator(lab, tmp_path):
        cluster.create(_with_cache())
        wait_for("the cache", lambda: f"deployment/{CACHE}" in cluster.names(), wanted=True)
        wait_for("its policy", lambda: _policies(network, cluster), [CACHE])
    cluster.patch("nlp", {"spec": {"cache": None}})
    with running_operator(lab, tmp_path):
        wait_for("no policy", lambda: _policies(network, cluster), [])
        wait_for("no cache", lambda: f"deployment/{CACHE}" in cluster.names(), wanted=False)
        stays("the service", lambda: "deployment/nlp" in cluster.names(), wanted=True, seconds=2)


def test_what_is_not_watched_is_made_again(
    lab: Lab, cluster: Cluster, network: Any, tmp_path: Path
) -> None:
    with running_operator(lab, tmp_path, program=RELISTS_SOON):
        cluster.create(_with_cache())
        wait_for("its policy", lambda: _policies(network, cluster), [CACHE])
        wait_for("Ready", lambda: cluster.condition("nlp", "Ready"), ("True", "ReplicasReady"), 60)
        before = network.read_namespaced_network_policy(CACHE, cluster.namespace).metadata.uid
        network.delete_namespaced_network_policy(CACHE, cluster.namespace)
        wait_for("its policy again", lambda: _policies(network, cluster), [CACHE])
        after = network.read_namespaced_network_policy(CACHE, cluster.namespace).metadata.uid
        assert after != before
