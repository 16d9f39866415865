"""Services with a database."""

from typing import Any

from support.objects import Cluster, Manifest, scalable_service


def with_database(name: str, max_replicas: int = 8, **postgres: Any) -> Manifest:
    manifest = scalable_service(name, maxReplicas=max_replicas)
    pod = manifest["spec"]["template"]["spec"]
    pod["terminationGracePeriodSeconds"] = 1  # a rollout waits so long for each pod
    manifest["spec"]["database"] = {
        "postgres": {
            "database": "legal",
            "writer": {"host": "db"},
            "credentials": {"secretName": "db"},
            **postgres,
        }
    }
    return manifest


def hpa_maximum(cluster: Cluster, name: str) -> int:
    hpa = cluster.hpas.read_namespaced_horizontal_pod_autoscaler(name, cluster.namespace)
    return int(hpa.spec.max_replicas)
