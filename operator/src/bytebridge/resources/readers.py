"""One address for all readers: a reader that lags is left out and no pod is restarted.

An EndpointSlice holds addresses only, so this is for readers that are named by IP address; readers
named by host name are left out by a pooler.
"""

from collections.abc import Set as AbstractSet
from ipaddress import ip_address

from bytebridge.api.postgres import Postgres, PostgresReader, SslMode
from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, child_labels, child_metadata


def readers_name(service: ScalableService) -> str:
    """Name of the Service and its EndpointSlice."""
    return f"{service.metadata.name}-readers"


def behind_one_address(postgres: Postgres) -> bool:
    """Whether the readers can have a Service: IPv4 addresses of one port, equal and anywhere.

    With `verify-full` they cannot: no certificate has the Service's name.
    """
    readers = postgres.readers
    return (
        postgres.pooler is None
        and postgres.ssl_mode is not SslMode.VERIFY_FULL
        and len(readers) > 1
        and all(_is_ipv4(reader) and reader.zone is None for reader in readers)
        and len({(reader.port, reader.weight) for reader in readers}) == 1
    )


def readers_service(service: ScalableService, postgres: Postgres) -> Manifest:
    """A headless Service without a selector: its name has the addresses of the EndpointSlice."""
    port = postgres.readers[0].port
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {**child_metadata(service), "name": readers_name(service)},
        "spec": {
            "clusterIP": "None",
            "ports": [{"name": "postgres", "port": port, "targetPort": port, "protocol": "TCP"}],
        },
    }


def readers_endpoint_slice(
    service: ScalableService, postgres: Postgres, left_out: AbstractSet[str]
) -> Manifest:
    """The readers that are in use; if all lag, none is left out."""
    name = readers_name(service)
    hosts = [reader.host for reader in postgres.readers]
    kept = [host for host in hosts if host not in left_out] or hosts
    labels = {
        **child_labels(service),
        "kubernetes.io/service-name": name,
        "endpointslice.kubernetes.io/managed-by": "bytebridge",
    }
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {**child_metadata(service), "name": name, "labels": labels},
        "addressType": "IPv4",
        "ports": [{"name": "postgres", "port": postgres.readers[0].port, "protocol": "TCP"}],
        "endpoints": [{"addresses": [host], "conditions": {"ready": True}} for host in kept],
    }


def _is_ipv4(reader: PostgresReader) -> bool:
    try:
        return ip_address(reader.host).version == 4
    except ValueError:
        return False
