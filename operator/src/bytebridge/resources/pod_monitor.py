"""The PodMonitor that makes Prometheus scrape the pods often enough."""

from bytebridge.api.names import SERVICE_LABEL, SERVICE_SERIES_LABEL
from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, child_metadata, pod_selector


def pod_monitor(service: ScalableService) -> Manifest:
    """A PodMonitor (prometheus-operator) whose series carry the service's name.

    `podTargetLabels` copies the label from the pods; that is what the operator's queries group by.
    """
    metrics = service.spec.metrics
    endpoint: Manifest = {
        "path": metrics.path,
        "interval": f"{metrics.scrape_interval_seconds}s",
        "scrapeTimeout": f"{metrics.scrape_interval_seconds}s",
    }
    if metrics.port_name:
        endpoint["port"] = metrics.port_name
    else:
        endpoint["portNumber"] = service.spec.port
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": child_metadata(service),
        "spec": {
            "podTargetLabels": [SERVICE_LABEL],
            "selector": {"matchLabels": pod_selector(service)},
            "podMetricsEndpoints": [endpoint],
        },
    }


def exporter_pod_monitor(
    service: ScalableService, name: str, selector: dict[str, str], port_name: str
) -> Manifest:
    """Scrapes exporters beside the service, whose series then carry the service's name as well.

    Args:
        service: The service.
        name: Of the PodMonitor.
        selector: Labels of the pods that have the exporter.
        port_name: Container port of the exporter.
    """
    interval = f"{service.spec.metrics.scrape_interval_seconds}s"
    named = {
        "action": "replace",
        "targetLabel": SERVICE_SERIES_LABEL,
        "replacement": service.metadata.name,
    }
    endpoint = {
        "port": port_name,
        "interval": interval,
        "scrapeTimeout": interval,
        "relabelings": [named],
    }
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {**child_metadata(service), "name": name},
        "spec": {"selector": {"matchLabels": selector}, "podMetricsEndpoints": [endpoint]},
    }
