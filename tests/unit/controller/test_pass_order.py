"""Where time is short, replicas are seen to and children wait."""

from dataclasses import replace

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
        else {"HorizontalPodAutoscaler"}
    )
    assert entry.outdated != with_children


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
