"""Where each kind lives on the API server."""

from dataclasses import dataclass

from bytebridge.api.names import BUDGET_KIND, BUDGET_PLURAL, GROUP, PLURAL, VERSION


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind."""

    name: str
    api: str
    """`api/v1` or `apis/<group>/<version>`."""
    plural: str

    def path(self, namespace: str | None, name: str | None = None) -> str:
        """Path of one object or of a collection; `None`: all namespaces, or cluster-scoped."""
        parts = [self.api]
        if namespace is not None:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name is not None:
            parts.append(name)
        return "/" + "/".join(parts)


SCALABLE_SERVICE = Kind("ScalableService", f"apis/{GROUP}/{VERSION}", PLURAL)
DEPLOYMENT = Kind("Deployment", "apis/apps/v1", "deployments")
HPA = Kind("HorizontalPodAutoscaler", "apis/autoscaling/v2", "horizontalpodautoscalers")
SERVICE = Kind("Service", "api/v1", "services")
PDB = Kind("PodDisruptionBudget", "apis/policy/v1", "poddisruptionbudgets")
POD_MONITOR = Kind("PodMonitor", "apis/monitoring.coreos.com/v1", "podmonitors")
CONFIG_MAP = Kind("ConfigMap", "api/v1", "configmaps")
ENDPOINT_SLICE = Kind("EndpointSlice", "apis/discovery.k8s.io/v1", "endpointslices")
NETWORK_POLICY = Kind("NetworkPolicy", "apis/networking.k8s.io/v1", "networkpolicies")
INGRESS = Kind("Ingress", "apis/networking.k8s.io/v1", "ingresses")
HTTP_ROUTE = Kind("HTTPRoute", "apis/gateway.networking.k8s.io/v1", "httproutes")
BACKEND_CONFIG = Kind("BackendConfig", "apis/cloud.google.com/v1", "backendconfigs")
BACKEND_POLICY = Kind("GCPBackendPolicy", "apis/networking.gke.io/v1", "gcpbackendpolicies")
HEALTH_CHECK_POLICY = Kind("HealthCheckPolicy", "apis/networking.gke.io/v1", "healthcheckpolicies")
DATABASE_BUDGET = Kind(BUDGET_KIND, f"apis/{GROUP}/{VERSION}", BUDGET_PLURAL)
"""Cluster-scoped."""
POD = Kind("Pod", "api/v1", "pods")
EVENT = Kind("Event", "apis/events.k8s.io/v1", "events")
LEASE = Kind("Lease", "apis/coordination.k8s.io/v1", "leases")

KINDS = {
    kind.name: kind
    for kind in (
        *(DEPLOYMENT, HPA, SERVICE, PDB, POD_MONITOR, SCALABLE_SERVICE, EVENT, LEASE),
        *(CONFIG_MAP, ENDPOINT_SLICE, NETWORK_POLICY),
        *(INGRESS, HTTP_ROUTE, BACKEND_CONFIG, BACKEND_POLICY, HEALTH_CHECK_POLICY),
    )
}

LISTED_KINDS = (CONFIG_MAP, ENDPOINT_SLICE, NETWORK_POLICY, POD_MONITOR)
"""Children that are listed by their label, without their contents.

A watch on all ConfigMaps of a cluster would bring what is none of the operator's business.
"""
