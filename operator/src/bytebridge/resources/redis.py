"""The cache's settings for the pods, and Valkey as a container."""

from typing import Final

from bytebridge.api.cache import Redis, RedisEndpoint, RedisExporter, RedisMode
from bytebridge.resources.ownership import Manifest
from bytebridge.resources.quantity import quantity_bytes
from bytebridge.resources.security import restricted_security

CONTAINER_NAME: Final = "bytebridge-redis"
EXPORTER_NAME: Final = "bytebridge-redis-exporter"
PORT: Final = 6379
METRICS_PORT: Final = 9121
METRICS_PORT_NAME: Final = "cache-metrics"
MEMORY_SHARE: Final = 0.75
"""Share of the limit that holds data; the rest is for buffers and fragmentation."""
_VALKEY_USER: Final = 999
_EXPORTER_USER: Final = 59_000


def redis_environment(redis: Redis, shared_host: str) -> list[Manifest]:
    """Variables that the application connects with.

    Args:
        redis: The cache.
        shared_host: Service of a Shared cache.
    """
    names, endpoint = redis.environment, redis.endpoint
    if redis.mode is not RedisMode.EXTERNAL or endpoint is None:
        host = "127.0.0.1" if redis.mode is RedisMode.SIDECAR else shared_host
        endpoint = RedisEndpoint(host=host, port=PORT)
    variables: list[Manifest] = []
    if redis.secret_ref is not None:
        secret = {"name": redis.secret_ref.name, "key": redis.secret_ref.key}
        variables.append({"name": names.password, "valueFrom": {"secretKeyRef": secret}})
    if endpoint.cluster:
        variables.append({"name": names.cluster, "value": "true"})
    urls = {names.url: endpoint, names.reader_url: redis.reader_endpoint or endpoint}
    return variables + [{"name": name, "value": _url(redis, at)} for name, at in urls.items()]


def valkey_container(redis: Redis, address: str) -> Manifest:
    """Valkey; it stops by SIGTERM at once, as there is nothing to save.

    Args:
        redis: The cache.
        address: What it listens on.
    """
    return {
        "name": CONTAINER_NAME,
        "image": redis.image,
        "args": valkey_arguments(redis, address),
        "resources": {
            "requests": {"cpu": "50m", "memory": redis.memory},
            "limits": {"memory": redis.memory},
        },
        "startupProbe": _probe(period_seconds=1, failure_threshold=30),
        "readinessProbe": _probe(period_seconds=5, failure_threshold=3),
        "livenessProbe": _probe(period_seconds=10, failure_threshold=6),
        "securityContext": restricted_security(_VALKEY_USER),
    }


def redis_exporter_container(exporter: RedisExporter) -> Manifest:
    """redis_exporter beside Valkey."""
    return {
        "name": EXPORTER_NAME,
        "image": exporter.image,
        "args": [f"--redis.addr=redis://127.0.0.1:{PORT}"],
        "ports": [{"name": METRICS_PORT_NAME, "containerPort": METRICS_PORT}],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": restricted_security(_EXPORTER_USER),
    }


def redis_sidecars(redis: Redis) -> list[Manifest]:
    """Native sidecars (init containers that keep running); none but for mode Sidecar.

    As an init container with `restartPolicy: Always` it is up before the application starts and
    stops after it.
    """
    if redis.mode is not RedisMode.SIDECAR:
        return []
    containers = [valkey_container(redis, "127.0.0.1")]
    if redis.exporter is not None:
        containers.append(redis_exporter_container(redis.exporter))
    return [{**container, "restartPolicy": "Always"} for container in containers]


def valkey_arguments(redis: Redis, address: str, port: int = PORT) -> list[str]:
    """The command line."""
    settings = {
        "bind": address,
        "port": str(port),
        # Reached by other pods, it is the NetworkPolicy that says by which.
        "protected-mode": "yes" if address == "127.0.0.1" else "no",
        "maxmemory": str(int(quantity_bytes(redis.memory) * MEMORY_SHARE)),
        "maxmemory-policy": redis.policy.value,
        "save": "",
        "appendonly": "no",
    }
    return ["valkey-server", *(word for k, v in settings.items() for word in (f"--{k}", v))]


def _url(redis: Redis, endpoint: RedisEndpoint) -> str:
    scheme = "rediss" if endpoint.tls else "redis"
    # The kubelet expands the variable: the operator never sees the password.
    user = f":$({redis.environment.password})@" if redis.secret_ref is not None else ""
    return f"{scheme}://{user}{endpoint.host}:{endpoint.port}/0"


def _probe(period_seconds: int, failure_threshold: int) -> Manifest:
    # The kubelet cannot reach a server on the pod's loopback, hence a command inside.
    command = ["valkey-cli", "-h", "127.0.0.1", "-p", str(PORT), "ping"]
    return {
        "exec": {"command": command},
        "periodSeconds": period_seconds,
        "timeoutSeconds": 2,
        "failureThreshold": failure_threshold,
    }
