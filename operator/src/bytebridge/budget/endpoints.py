"""Which endpoints are the same server port, by what services call them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """A server's address in a form that can be compared."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def endpoint(host: str, port: int, namespace: str = "") -> Endpoint:
    """The endpoint that a pod of a namespace reaches by this name.

    A name without dots is a Service of the pod's own namespace; `name.namespace`, with or without
    `.svc` and `.svc.cluster.local`, is the same Service seen from elsewhere (Kubernetes
    documentation, "DNS for Services and Pods").
    """
    name = host.strip().lower().rstrip(".").removesuffix(".cluster.local").removesuffix(".svc")
    if "." not in name and namespace:
        name = f"{name}.{namespace}"
    return Endpoint(name, port)
