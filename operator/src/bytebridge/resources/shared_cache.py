"""The Shared cache: one Valkey for all pods, warm for every pod that comes."""

from typing import Final

from bytebridge.api.cache import Redis
from bytebridge.api.names import CACHE_LABEL
from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, child_metadata, pod_selector
from bytebridge.resources.redis import (
    METRICS_PORT,
    PORT,
    redis_exporter_container,
    valkey_container,
)

GRACE_SECONDS: Final = 5
"""Nothing is saved, so nothing is waited for."""


def shared_cache_name(service: ScalableService) -> str:
    """Name of the cache's objects."""
    return f"{service.metadata.name}-cache"


def shared_cache_deployment(service: ScalableService, redis: Redis) -> Manifest:
    """One replica: a second would be another cache."""
    containers = [valkey_container(redis, "0.0.0.0")]  # noqa: S104 - in its own pod
    containers[0]["ports"] = [{"name": "redis", "containerPort": PORT}]
    if redis.exporter is not None:
        containers.append(redis_exporter_container(redis.exporter))
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(service),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": cache_selector(service)},
            "strategy": {"type": "Recreate"},
            "template": {
                "metadata": {"labels": cache_selector(service)},
                "spec": {
                    "automountServiceAccountToken": False,
                    "terminationGracePeriodSeconds": GRACE_SECONDS,
                    "containers": containers,
                },
            },
        },
    }


def shared_cache_service(service: ScalableService) -> Manifest:
    """The address that pods connect to."""
    port = {"name": "redis", "port": PORT, "targetPort": PORT, "protocol": "TCP"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(service),
        "spec": {"selector": cache_selector(service), "ports": [port]},
    }


def shared_cache_network_policy(service: ScalableService) -> Manifest:
    """Only the service's own pods reach the cache, which has no password; all may scrape it."""
    own_pods = {"podSelector": {"matchLabels": pod_selector(service)}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(service),
        "spec": {
            "podSelector": {"matchLabels": cache_selector(service)},
            "policyTypes": ["Ingress"],
            "ingress": [
                {"from": [own_pods], "ports": [{"protocol": "TCP", "port": PORT}]},
                {"ports": [{"protocol": "TCP", "port": METRICS_PORT}]},
            ],
        },
    }


def cache_selector(service: ScalableService) -> dict[str, str]:
    """Labels of the cache's pod, which must not pass for one of the service's own."""
    return {CACHE_LABEL: service.metadata.name}


def _metadata(service: ScalableService) -> Manifest:
    return {**child_metadata(service), "name": shared_cache_name(service)}
