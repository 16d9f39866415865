"""All children of a service that apply creates, besides the HPA that the loop steers."""

from collections.abc import Iterator

from bytebridge.api.cache import RedisMode
from bytebridge.api.pooler import Placement
from bytebridge.api.postgres import Postgres
from bytebridge.api.service import ScalableService
from bytebridge.resources.cache_monitor import cache_pod_monitor
from bytebridge.resources.deployment import deployment
from bytebridge.resources.disruption_budget import disruption_budget
from bytebridge.resources.network_service import network_service
from bytebridge.resources.ownership import Manifest, pod_selector
from bytebridge.resources.pod_monitor import pod_monitor
from bytebridge.resources.pooler.configuration import pooler_config_map, pooler_name
from bytebridge.resources.pooler.deployment import (
    pooler_deployment,
    pooler_disruption_budget,
    pooler_pod_monitor,
    pooler_selector,
    pooler_service,
)
from bytebridge.resources.readers import (
    behind_one_address,
    readers_endpoint_slice,
    readers_name,
    readers_service,
)
from bytebridge.resources.shared_cache import (
    shared_cache_deployment,
    shared_cache_name,
    shared_cache_network_policy,
    shared_cache_service,
)
from bytebridge.resources.wiring import UNWIRED, Wiring


def children(
    service: ScalableService, *, pod_monitors: bool, wiring: Wiring = UNWIRED
) -> list[Manifest]:
    """Manifests in the order in which they are applied: what pods need comes before the pods.

    An adopted Deployment (`targetRef`) keeps its own Service, budget and monitoring: the operator
    changes nothing there but replicas.

    Args:
        service: The service.
        pod_monitors: The cluster knows the PodMonitor kind.
        wiring: Of its databases.
    """
    if service.spec.target_ref is not None:
        return []
    built = [
        *_cache_children(service),
        *_database_children(service, wiring),
        deployment(service, wiring),
        network_service(service),
        disruption_budget(service),
        pod_monitor(service),
    ]
    return [child for child in built if pod_monitors or child["kind"] != "PodMonitor"]


def _cache_children(service: ScalableService) -> Iterator[Manifest]:
    redis = service.spec.cache.redis
    if redis is None:
        return
    if redis.mode is RedisMode.SHARED:
        yield shared_cache_network_policy(service)
        yield shared_cache_service(service)
        yield shared_cache_deployment(service, redis)
    if redis.mode is not RedisMode.EXTERNAL and redis.exporter is not None:
        yield cache_pod_monitor(service, redis)


def _database_children(service: ScalableService, wiring: Wiring) -> Iterator[Manifest]:
    postgres = service.spec.database.postgres
    if postgres is None:
        return
    if behind_one_address(postgres):
        yield readers_service(service, postgres)
        yield readers_endpoint_slice(service, postgres, wiring.left_out)
    if postgres.pooler is not None:
        yield from _pooler_children(service, postgres, wiring)


def _pooler_children(
    service: ScalableService, postgres: Postgres, wiring: Wiring
) -> Iterator[Manifest]:
    plans = wiring.plans(service, postgres)
    yield pooler_config_map(service, postgres, plans, wiring.left_out)
    pooler = postgres.pooler
    if pooler is None or pooler.placement is Placement.SIDECAR:
        yield pooler_pod_monitor(service, pod_selector(service))
        return
    yield pooler_service(service)
    yield pooler_deployment(service, postgres, pooler)
    yield pooler_disruption_budget(service)
    yield pooler_pod_monitor(service, pooler_selector(service))


def optional_children(service: ScalableService) -> Iterator[tuple[str, str]]:
    """Kind and name of what a service has in some modes only, and sheds in the others."""
    for kind in ("Deployment", "Service", "PodDisruptionBudget", "ConfigMap", "PodMonitor"):
        yield kind, pooler_name(service)
    for kind in ("Deployment", "Service", "NetworkPolicy", "PodMonitor"):
        yield kind, shared_cache_name(service)
    for kind in ("Service", "EndpointSlice"):
        yield kind, readers_name(service)
