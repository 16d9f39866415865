"""Where time is short, replicas are seen to and children wait."""

from dataclasses import replace
from typing import Any

import pytest

from bytebridge.controller.service_pass import pass_over
from bytebridge.resources.autoscaler import autoscaler
from bytebridge.scaling.observation import Readings
from unit.controller.build import (
    KEY,
    Clock,
    WillingCluster,
    deployment_body,
    service_body,
    surroundings,
)

HPA = "HorizontalPodAutoscaler"
SURGE = Readings(
    requests_per_second={15.0: 600.0, 60.0: 600.0}, queue_depth=0, service_seconds=0.06
)


@pytest.mark.parametrize("with_children", [True, False])
async def test_replicas_rise_with_or_without_time_for_children(with_children: bool) -> None:
    cluster = WillingCluster()
    cluster.deployment = deployment_body(2, 2)
    around = surroundings(cluster, Clock())
    around.store.put_service(service_body())
    around.store.put_child("Deployment", cluster.deployment)
    entry = around.store.services[KEY]
    assert entry.outdated, "a restarted operator does not know what it applied"
    decision = await pass_over(around, KEY, entry, None, SURGE, None, with_children=with_children)
    assert decision is not None
    assert cluster.scaled == [decision.replicas]
    assert decision.replicas > 2
    kinds = {manifest["kind"] for manifest in cluster.applied}
    assert kinds == (
        {"Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"}
        if with_children
        else {HPA}
    )
    assert entry.outdated != with_children


async def test_a_change_that_comes_while_children_are_applied_is_applied_next() -> None:
    def body(generation: int) -> dict[str, Any]:
        found = service_body()
        found["metadata"]["generation"] = generation
        image = {"name": "app", "image": f"example:{generation}"}
        found["spec"]["template"]["spec"]["containers"] = [image]
        return found

    class Changing(WillingCluster):
        async def apply(self, manifest: dict[str, Any], **more: Any) -> dict[str, Any]:
            if manifest["kind"] == "Deployment":
                around.store.put_service(body(2))
            return await super().apply(manifest, **more)

    cluster = Changing()
    around = surroundings(cluster, Clock())
    around.store.put_service(body(1))
    around.store.put_child("Deployment", cluster.deployment)
    entry = around.store.services[KEY]
    for _ in range(2):
        await pass_over(around, KEY, entry, None, SURGE, None)
    images = [
        manifest["spec"]["template"]["spec"]["containers"][0]["image"]
        for manifest in cluster.applied
        if manifest["kind"] == "Deployment"
    ]
    assert images[-1] == "example:2"
    assert not entry.outdated


@pytest.mark.parametrize("with_children", [True, False])
async def test_an_autoscaler_whose_floor_is_right_waits_with_the_children(
    with_children: bool,
) -> None:
    cluster = WillingCluster()
    around = surroundings(cluster, Clock())
    around.store.put_service(service_body())
    around.store.put_child("Deployment", cluster.deployment)
    entry = around.store.services[KEY]
    assert entry.service is not None
    around.store.put_child("HorizontalPodAutoscaler", autoscaler(entry.service, 2, paused=False))
    calm = replace(SURGE, requests_per_second={15.0: 5.0, 60.0: 5.0})
    await pass_over(around, KEY, entry, None, calm, None, with_children=with_children)
    kinds = [manifest["kind"] for manifest in cluster.applied]
    assert ("HorizontalPodAutoscaler" in kinds) == with_children


async def test_the_hpa_adds_none_where_more_do_not_help() -> None:
    """Its CPU metric knows nothing of what is behind the pods."""
    cluster = WillingCluster()
    cluster.deployment = deployment_body(20, 20)
    around = surroundings(cluster, Clock())
    around.store.put_service(service_body())
    around.store.put_child("Deployment", cluster.deployment)
    entry = around.store.services[KEY]
    full = replace(SURGE, queue_depth=900)

    def maximum() -> int:
        manifest = next(m for m in reversed(cluster.applied) if m["kind"] == HPA)
        return int(manifest["spec"]["maxReplicas"])

    await pass_over(around, KEY, entry, None, full, None)
    assert maximum() == 40
    entry.state.ceiling.throughput, entry.state.ceiling.best_each = 300.0, 25.0
    decision = await pass_over(around, KEY, entry, None, full, None)
    assert decision is not None
    assert decision.most is not None
    assert decision.replicas <= decision.most == maximum() < 40


async def test_the_hpa_adds_none_after_many_have_gone() -> None:
    """Its metric is of pods that worked off a backlog."""
    cluster, clock = WillingCluster(), Clock()
    cluster.deployment = deployment_body(20, 20)
    around = surroundings(cluster, clock)
    around.store.put_service(service_body())
    around.store.put_child("Deployment", cluster.deployment)
    entry = around.store.services[KEY]
    calm = replace(SURGE, requests_per_second={15.0: 60.0, 60.0: 60.0})
    while not cluster.scaled:
        await pass_over(around, KEY, entry, None, calm, None)
        clock.seconds += 5.0
        assert clock.seconds < 600
    manifest = next(m for m in reversed(cluster.applied) if m["kind"] == HPA)
    assert manifest["spec"]["minReplicas"] == manifest["spec"]["maxReplicas"] == cluster.scaled[0]
