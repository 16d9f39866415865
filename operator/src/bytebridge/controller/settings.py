"""Settings of the operator's process."""

from dataclasses import dataclass

from bytebridge.signals.source import PrometheusConnection


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """What `bytebridge run` takes; every one is a flag and an environment variable."""

    prometheus: PrometheusConnection
    namespaces: tuple[str, ...] = ()
    """Empty: all namespaces."""
    tick_seconds: float = 5.0
    lease_namespace: str = "default"
    listen_host: str = "127.0.0.1"
    listen_port: int = 8080
