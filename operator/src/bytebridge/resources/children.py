"""All children of a service that apply creates, besides the HPA that the loop steers."""

from bytebridge.api.service import ScalableService
from bytebridge.resources.deployment import deployment
from bytebridge.resources.disruption_budget import disruption_budget
from bytebridge.resources.network_service import network_service
from bytebridge.resources.ownership import Manifest
from bytebridge.resources.pod_monitor import pod_monitor


def children(service: ScalableService, *, pod_monitors: bool) -> list[Manifest]:
    """Manifests in the order in which they are applied.

    An adopted Deployment (`targetRef`) keeps its own Service, budget and monitoring: the operator
    changes nothing there but replicas.

    Args:
        service: The service.
        pod_monitors: The cluster knows the PodMonitor kind.
    """
    if service.spec.target_ref is not None:
        return []
    built = [deployment(service), network_service(service), disruption_budget(service)]
    return [*built, pod_monitor(service)] if pod_monitors else built
