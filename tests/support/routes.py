"""Objects that expose a service, in one namespace."""

from collections.abc import Mapping

from kubernetes.client import ApiException

from support.objects import Cluster, Manifest

APIS: Mapping[str, tuple[str, str]] = {
    "Ingress": ("networking.k8s.io", "ingresses"),
    "HTTPRoute": ("gateway.networking.k8s.io", "httproutes"),
    "BackendConfig": ("cloud.google.com", "backendconfigs"),
    "GCPBackendPolicy": ("networking.gke.io", "gcpbackendpolicies"),
    "HealthCheckPolicy": ("networking.gke.io", "healthcheckpolicies"),
}
"""Group and plural."""
VERSION = "v1"


class Routes:
    """What tests do to the objects that bear one service's name."""

    def __init__(self, cluster: Cluster, name: str = "nlp") -> None:
        self._custom, self._namespace, self._name = cluster.custom, cluster.namespace, name

    def get(self, kind: str) -> Manifest | None:
        """The object; `None` if it, or its kind, does not exist."""
        group, plural = APIS[kind]
        try:
            found: Manifest = self._custom.get_namespaced_custom_object(
                group, VERSION, self._namespace, plural, self._name
            )
        except ApiException as error:
            if error.status == 404:
                return None
            raise
        return found

    def spec(self, kind: str) -> Manifest:
        found = self.get(kind)
        spec: Manifest = found["spec"] if found else {}
        return spec

    def annotations(self, kind: str) -> dict[str, str]:
        found = self.get(kind)
        annotations: dict[str, str] = found["metadata"].get("annotations", {}) if found else {}
        return annotations

    def kinds(self) -> list[str]:
        """Those that there are."""
        return [kind for kind in APIS if self.get(kind) is not None]

    def create(self, kind: str, spec: Manifest) -> None:
        group, plural = APIS[kind]
        body = {
            "apiVersion": f"{group}/{VERSION}",
            "kind": kind,
            "metadata": {"name": self._name},
            "spec": spec,
        }
        self._custom.create_namespaced_custom_object(group, VERSION, self._namespace, plural, body)

    def delete(self, kind: str) -> None:
        group, plural = APIS[kind]
        self._custom.delete_namespaced_custom_object(
            group, VERSION, self._namespace, plural, self._name
        )

    def patch(self, kind: str, body: Manifest) -> None:
        group, plural = APIS[kind]
        self._custom.patch_namespaced_custom_object(
            group, VERSION, self._namespace, plural, self._name, body
        )

    def report(self, kind: str, status: Manifest) -> None:
        """Say something as the controller of a load balancer does."""
        group, plural = APIS[kind]
        self._custom.patch_namespaced_custom_object_status(
            group, VERSION, self._namespace, plural, self._name, {"status": status}
        )
