"""The cache never refuses a pod's connection, and does if it has fewer than the pods need."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bytebridge.api.service import ScalableService
from bytebridge.budget.peak import peak_pods
from bytebridge.lab.certificates import CertificateFiles
from bytebridge.lab.ports import LOOPBACK
from bytebridge.lab.processes import Processes
from bytebridge.resources.redis import valkey_arguments
from integration.database.cache_servers import (
    CacheServer,
    provider_arguments,
    running_cache,
    throw_away_certificates,
)
from integration.database.servers import AUTH_TOKEN, CACHE_PODS, pod_environment, running_pods
from support.cache_pods import CONNECTIONS_PER_POD, CONNECTIONS_PER_URL
from support.objects import wait_for

pytestmark = pytest.mark.timeout(120)

REPLICAS = 40
STEPS = (2, 10, REPLICAS, peak_pods(REPLICAS), 2)
OTHERS = 4
"""Connections beside the pods': the test's own, and a replica's with its first copy."""


def _service(**redis: Any) -> ScalableService:
    return ScalableService.model_validate(
        {
            "metadata": {"name": "nlp", "namespace": "legal"},
            "spec": {
                "template": {"spec": {"containers": [{"name": "app", "image": "i"}]}},
                "scaling": {"maxReplicas": REPLICAS, "objective": {"latencyMilliseconds": 200}},
                "cache": {"redis": redis},
            },
        }
    )


@pytest.fixture(scope="module")
def certificates(folder: Path) -> CertificateFiles:
    return throw_away_certificates(folder)


class Provider:
    """A primary and its replica, with TLS and a password."""

    def __init__(
        self, processes: Processes, ports: Iterator[int], certificates: CertificateFiles
    ) -> None:
        self._processes, self._ports, self._certificates = processes, ports, certificates

    def run(self, stack: ExitStack, *more: str) -> tuple[CacheServer, CacheServer]:
        primary = self._server(stack, *more)
        replica = self._server(stack, *more, "--replicaof", f"{LOOPBACK} {primary.port}")
        wait_for("the replica", lambda: replica.client.info()["master_link_status"], "up")
        return primary, replica

    def environment(self, primary: CacheServer, replica: CacheServer) -> dict[str, str]:
        of = _service(
            mode="External",
            endpoint={"host": LOOPBACK, "port": primary.port, "tls": True},
            readerEndpoint={"host": LOOPBACK, "port": replica.port, "tls": True},
            secretRef={"name": "legal-cache", "key": "auth-token"},
        )
        return pod_environment(of, SSL_CERT_FILE=str(self._certificates.ca))

    def _server(self, stack: ExitStack, *more: str) -> CacheServer:
        port = next(self._ports)
        arguments = provider_arguments(self._certificates, port, AUTH_TOKEN)
        client = {"ssl": True, "ssl_ca_certs": str(self._certificates.ca), "password": AUTH_TOKEN}
        return stack.enter_context(
            running_cache(self._processes, port, [*arguments, *more], **client)
        )


@pytest.fixture
def provider(
    processes: Processes, ports: Iterator[int], certificates: CertificateFiles
) -> Provider:
    return Provider(processes, ports, certificates)


def test_external_with_tls_and_a_password(provider: Provider) -> None:
    room = str(peak_pods(REPLICAS) * CONNECTIONS_PER_URL + OTHERS)
    with ExitStack() as stack:
        servers = provider.run(stack, "--maxclients", room)
        environment = provider.environment(*servers)
        assert environment["REDIS_URL"].startswith("rediss://:")
        with running_pods(environment, play=CACHE_PODS) as pods:
            for count in STEPS:
                assert pods.grow(count)["errors"] == [], count
                for server in servers:
                    expected = count * CONNECTIONS_PER_URL
                    wait_for(f"{count} pods", server.clients, expected)
            assert pods.end() == []
        assert [server.refused() for server in servers] == [0, 0]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"SSL_CERT_FILE": "/dev/null"}, "CERTIFICATE_VERIFY_FAILED"),
        ({"REDIS_URL": "rediss://:other@{host}"}, "invalid username-password pair"),
        ({"REDIS_URL": "rediss://{host}"}, "AuthenticationError"),
    ],
)
def test_external_holds_tls_and_the_password_against_the_client(
    provider: Provider, changed: dict[str, str], error: str
) -> None:
    """If it did not, the test above would show nothing of either."""
    with ExitStack() as stack:
        servers = provider.run(stack)
        host = f"{LOOPBACK}:{servers[0].port}"
        environment = provider.environment(*servers)
        environment |= {name: value.format(host=host) for name, value in changed.items()}
        with running_pods(environment, play=CACHE_PODS) as pods:
            errors = pods.grow(1)["errors"]
    assert len(errors) == 1
    assert error in errors[0]


def _shared(processes: Processes, port: int, *more: str) -> tuple[list[str], dict[str, str]]:
    """The operator's own arguments and variables, on loopback."""
    of = _service(mode="Shared")
    redis = of.spec.cache.redis
    assert redis is not None
    _, *arguments = valkey_arguments(redis, "0.0.0.0", port)  # noqa: S104 - mended at once
    arguments[arguments.index("--bind") + 1] = LOOPBACK
    environment = {
        name: value.replace("nlp-cache:6379", f"{LOOPBACK}:{port}")
        for name, value in pod_environment(of).items()
    }
    return [*arguments, *more], environment


def test_shared_as_the_operator_runs_it(processes: Processes, ports: Iterator[int]) -> None:
    port = next(ports)
    arguments, environment = _shared(processes, port)
    with (
        running_cache(processes, port, arguments) as server,
        running_pods(environment, play=CACHE_PODS) as pods,
    ):
        for count in STEPS:
            assert pods.grow(count)["errors"] == [], count
            expected = count * CONNECTIONS_PER_POD
            wait_for(f"{count} pods", server.clients, expected)
        assert pods.end() == []
        assert server.refused() == 0


def test_too_few_clients_are_refused(processes: Processes, ports: Iterator[int]) -> None:
    """Room for the replicas, and none for those of a rollout and those that terminate."""
    port, room = next(ports), REPLICAS * CONNECTIONS_PER_POD + OTHERS
    arguments, environment = _shared(processes, port, "--maxclients", str(room))
    with (
        running_cache(processes, port, arguments) as server,
        running_pods(environment, play=CACHE_PODS) as pods,
    ):
        assert pods.grow(REPLICAS)["errors"] == []
        errors = pods.grow(peak_pods(REPLICAS))["errors"]
        assert errors
        assert all("max number of clients reached" in error for error in errors), errors
        assert server.refused() > 0
        pods.end()
