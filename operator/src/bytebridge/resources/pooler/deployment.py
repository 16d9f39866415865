"""The pooler Deployment with its Service, PodDisruptionBudget and PodMonitor."""

from typing import Final

from bytebridge.api.names import POOLER_LABEL
from bytebridge.api.pooler import Pooler
from bytebridge.api.postgres import Postgres
from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, child_metadata
from bytebridge.resources.pod_monitor import exporter_pod_monitor
from bytebridge.resources.pooler.configuration import pooler_name
from bytebridge.resources.pooler.container import (
    METRICS_PORT_NAME,
    exporter_container,
    pooler_container,
    pooler_volumes,
)
from bytebridge.resources.postgres import POOLER_PORT

GRACE_SECONDS: Final = 60


def pooler_deployment(service: ScalableService, postgres: Postgres, pooler: Pooler) -> Manifest:
    """A few poolers for all pods; their number does not follow that of the pods."""
    labels = pooler_selector(service)
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(service),
        "spec": {
            "replicas": pooler.replicas,
            "selector": {"matchLabels": labels},
            # One more at a time, and none while its predecessor still has connections.
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
            },
            "minReadySeconds": GRACE_SECONDS,
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "terminationGracePeriodSeconds": GRACE_SECONDS,
                    "topologySpreadConstraints": [spread],
                    "containers": [
                        pooler_container(postgres, pooler),
                        exporter_container(pooler),
                    ],
                    "volumes": pooler_volumes(postgres, pooler_name(service)),
                },
            },
        },
    }


def pooler_service(service: ScalableService) -> Manifest:
    """The address that pods connect to."""
    port = {"name": "postgres", "port": POOLER_PORT, "targetPort": POOLER_PORT, "protocol": "TCP"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(service),
        "spec": {"selector": pooler_selector(service), "ports": [port]},
    }


def pooler_disruption_budget(service: ScalableService) -> Manifest:
    """A node drain takes one pooler at a time."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(service),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": pooler_selector(service)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def pooler_pod_monitor(service: ScalableService, selector: dict[str, str]) -> Manifest:
    """Scrapes the exporters of pods with these labels."""
    return exporter_pod_monitor(service, pooler_name(service), selector, METRICS_PORT_NAME)


def pooler_selector(service: ScalableService) -> dict[str, str]:
    """Labels of the pooler's pods, which must not pass for the service's own."""
    return {POOLER_LABEL: service.metadata.name}


def _metadata(service: ScalableService) -> Manifest:
    return {**child_metadata(service), "name": pooler_name(service)}
