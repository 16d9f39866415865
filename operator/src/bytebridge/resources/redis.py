"""The cache: a native Valkey sidecar, or the settings of one that runs elsewhere."""

from typing import Final

from bytebridge.api.cache import Redis, RedisMode
from bytebridge.resources.ownership import Manifest
from bytebridge.resources.quantity import quantity_bytes

CONTAINER_NAME: Final = "bytebridge-redis"
PORT: Final = 6379
MEMORY_SHARE: Final = 0.75
"""Share of the limit that holds data; the rest is for buffers and fragmentation."""


def redis_environment(redis: Redis) -> list[Manifest]:
    """Variables that the application connects with."""
    if redis.mode is RedisMode.SIDECAR or redis.endpoint is None:
        return [{"name": redis.url_variable, "value": f"redis://127.0.0.1:{PORT}/0"}]
    endpoint = redis.endpoint
    scheme = "rediss" if endpoint.tls else "redis"
    address = f"{endpoint.host}:{endpoint.port}/0"
    if redis.secret_ref is None:
        return [{"name": redis.url_variable, "value": f"{scheme}://{address}"}]
    secret = {"name": redis.secret_ref.name, "key": redis.secret_ref.key}
    return [
        {"name": "REDIS_PASSWORD", "valueFrom": {"secretKeyRef": secret}},
        # The kubelet expands $(REDIS_PASSWORD): the operator never sees it.
        {"name": redis.url_variable, "value": f"{scheme}://:$(REDIS_PASSWORD)@{address}"},
    ]


def redis_sidecar(redis: Redis) -> Manifest | None:
    """The native sidecar (an init container that keeps running), or `None` for External.

    As an init container with `restartPolicy: Always` it is up before the application starts and
    stops after it.
    """
    if redis.mode is not RedisMode.SIDECAR:
        return None
    return {
        "name": CONTAINER_NAME,
        "image": redis.image,
        "restartPolicy": "Always",
        "args": _arguments(quantity_bytes(redis.memory)),
        "resources": {
            "requests": {"cpu": "50m", "memory": redis.memory},
            "limits": {"memory": redis.memory},
        },
        "startupProbe": _probe(period_seconds=1, failure_threshold=30),
        "readinessProbe": _probe(period_seconds=5, failure_threshold=3),
        "livenessProbe": _probe(period_seconds=10, failure_threshold=6),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 999,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def _arguments(limit_bytes: int) -> list[str]:
    settings = {
        "bind": "127.0.0.1",
        "port": str(PORT),
        "maxmemory": str(int(limit_bytes * MEMORY_SHARE)),
        "maxmemory-policy": "allkeys-lru",
        "save": "",
        "appendonly": "no",
    }
    return ["valkey-server", *(word for k, v in settings.items() for word in (f"--{k}", v))]


def _probe(period_seconds: int, failure_threshold: int) -> Manifest:
    # The kubelet cannot reach a server on the pod's loopback, hence a command inside.
    command = ["valkey-cli", "-h", "127.0.0.1", "-p", str(PORT), "ping"]
    return {
        "exec": {"command": command},
        "periodSeconds": period_seconds,
        "timeoutSeconds": 2,
        "failureThreshold": failure_threshold,
    }
