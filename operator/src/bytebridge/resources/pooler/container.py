"""PgBouncer and its exporter as containers, of the pooler's own pods or of the service's."""

from importlib.resources import files
from typing import Final

from bytebridge.api.pooler import Pooler
from bytebridge.api.postgres import Postgres
from bytebridge.resources.ownership import Manifest
from bytebridge.resources.pooler.configuration import CONFIGURATION_KEY, RUN_FOLDER
from bytebridge.resources.postgres import POOLER_PORT, certificate_volume
from bytebridge.resources.security import restricted_security

CONTAINER_NAME: Final = "bytebridge-pgbouncer"
EXPORTER_NAME: Final = "bytebridge-pgbouncer-exporter"
METRICS_PORT: Final = 9127
METRICS_PORT_NAME: Final = "pooler-metrics"
CONFIGURATION_FOLDER: Final = "/etc/bytebridge/pgbouncer"
CREDENTIALS_FOLDER: Final = "/etc/bytebridge/postgres-credentials"
USER_ID: Final = 998
"""One for both containers: PgBouncer lets its own user in by the socket without a password."""

START_SCRIPT: Final = files("bytebridge.resources.pooler").joinpath("start.sh").read_text("utf-8")


def pooler_container(postgres: Postgres, pooler: Pooler) -> Manifest:
    """PgBouncer."""
    _, certificate_mount = certificate_volume(postgres)
    return {
        "name": CONTAINER_NAME,
        "image": pooler.image,
        "command": ["/bin/sh", "-c", START_SCRIPT, "start"],
        "args": [f"{CONFIGURATION_FOLDER}/{CONFIGURATION_KEY}", CREDENTIALS_FOLDER, RUN_FOLDER],
        "ports": [{"name": "postgres", "containerPort": POOLER_PORT}],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "startupProbe": _probe(1, 30),
        "readinessProbe": _probe(5, 3),
        # While the address is withdrawn, new clients still come.
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        "volumeMounts": [
            _mount("bytebridge-pgbouncer", CONFIGURATION_FOLDER, read_only=True),
            _mount("bytebridge-postgres-credentials", CREDENTIALS_FOLDER, read_only=True),
            _mount("bytebridge-pgbouncer-run", RUN_FOLDER),
            *certificate_mount,
        ],
        "securityContext": restricted_security(USER_ID),
    }


def exporter_container(pooler: Pooler) -> Manifest:
    """pgbouncer_exporter, which asks over the socket and needs no password."""
    address = f"user=pgbouncer dbname=pgbouncer host={RUN_FOLDER} port={POOLER_PORT}"
    return {
        "name": EXPORTER_NAME,
        "image": pooler.exporter_image,
        "args": [f"--pgBouncer.connectionString={address} sslmode=disable"],
        "ports": [{"name": METRICS_PORT_NAME, "containerPort": METRICS_PORT}],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "volumeMounts": [_mount("bytebridge-pgbouncer-run", RUN_FOLDER)],
        "securityContext": restricted_security(USER_ID),
    }


def pooler_volumes(postgres: Postgres, config_map: str) -> list[Manifest]:
    """Configuration, credentials, and a folder in memory for what is made of them."""
    secret = postgres.credentials
    certificate, _ = certificate_volume(postgres)
    return [
        {"name": "bytebridge-pgbouncer", "configMap": {"name": config_map}},
        {
            "name": "bytebridge-postgres-credentials",
            "secret": {
                "secretName": secret.secret_name,
                "items": [
                    {"key": secret.username_key, "path": "username"},
                    {"key": secret.password_key, "path": "password"},
                ],
            },
        },
        {
            "name": "bytebridge-pgbouncer-run",
            "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"},
        },
        *certificate,
    ]


def _mount(name: str, path: str, *, read_only: bool = False) -> Manifest:
    mount: Manifest = {"name": name, "mountPath": path}
    return {**mount, "readOnly": True} if read_only else mount


def _probe(period_seconds: int, failure_threshold: int) -> Manifest:
    # By the socket: a sidecar listens on the pod's loopback, where the kubelet does not come.
    command = ["/bin/sh", "-c", f"test -S {RUN_FOLDER}/.s.PGSQL.{POOLER_PORT}"]
    return {
        "exec": {"command": command},
        "periodSeconds": period_seconds,
        "timeoutSeconds": 2,
        "failureThreshold": failure_threshold,
    }
