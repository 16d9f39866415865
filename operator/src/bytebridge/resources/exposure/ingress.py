"""An Ingress to the Service."""

from bytebridge.api.exposure import INGRESS_CLASS_ANNOTATION, Exposure, Provider, Scheme
from bytebridge.api.service import ScalableService
from bytebridge.resources.exposure.alb import INGRESS_CLASS, alb_annotations
from bytebridge.resources.exposure.gke import INGRESS_CLASSES
from bytebridge.resources.ownership import Manifest, child_metadata


def ingress(service: ScalableService, exposure: Exposure) -> Manifest:
    """One rule a host, or one for all; a certificate by the name of its Secret, which is not read.

    Source: kubernetes.io/docs/concepts/services-networking/ingress/.
    """
    metadata = child_metadata(service)
    annotations = {**exposure.annotations, **_annotations(service, exposure)}
    if annotations:
        metadata["annotations"] = annotations
    backend = {"service": {"name": service.metadata.name, "port": {"number": service.spec.port}}}
    paths = {"paths": [{"path": exposure.path, "pathType": "Prefix", "backend": backend}]}
    rules = [{"host": host, "http": paths} for host in exposure.hosts] or [{"http": paths}]
    spec: Manifest = {"rules": rules}
    ingress_class = _ingress_class(exposure)
    if ingress_class is not None:
        spec["ingressClassName"] = ingress_class
    if exposure.tls_secret_name is not None:
        hosts = {"hosts": list(exposure.hosts)} if exposure.hosts else {}
        spec["tls"] = [{**hosts, "secretName": exposure.tls_secret_name}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": spec,
    }


def _annotations(service: ScalableService, exposure: Exposure) -> dict[str, str]:
    if exposure.provider is Provider.AWS:
        return alb_annotations(service, exposure)
    if exposure.provider is Provider.GKE:
        return {INGRESS_CLASS_ANNOTATION: INGRESS_CLASSES[exposure.scheme or Scheme.INTERNAL]}
    return {}


def _ingress_class(exposure: Exposure) -> str | None:
    """The class; `None`: the cluster's default one, or that of an annotation."""
    if exposure.provider is Provider.AWS:
        return exposure.ingress_class_name or INGRESS_CLASS
    return exposure.ingress_class_name
