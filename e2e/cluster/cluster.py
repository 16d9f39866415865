"""The kind cluster of the end-to-end tests: up, images into it, down."""

import fcntl
import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import yaml

from bytebridge.lab.binaries import cache_folder
from e2e.cluster import kind_configuration, pod_network
from e2e.cluster.engine import Engine
from e2e.cluster.errors import ClusterError
from e2e.cluster.node_image import NodeImage, node_image, own_tag
from e2e.cluster.port_forward import port_forward
from e2e.cluster.process import run
from e2e.cluster.programs import KIND, KUBECTL, STOCK_IMAGE, make
from e2e.cluster.stages import Say, stage
from e2e.cluster.waiting import until_it_works

NAME: Final = "bytebridge-e2e"
ALLOWED_CONTEXTS: Final = (f"kind-{NAME}",)
"""The only contexts that the tests act on."""

_READY_SECONDS: Final = 180


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that answers.

    Attributes:
        engine: Where its nodes are containers.
        kubeconfig: A file of its own; the user's is never touched.
        kubectl_program: A kubectl of its version.
        context: On the list of allowed contexts.
    """

    engine: Engine
    kubeconfig: Path
    kubectl_program: Path
    kind_program: Path
    context: str = ALLOWED_CONTEXTS[0]

    def kubectl(
        self, *arguments: str | Path, given: str | None = None, timeout_seconds: float = 300.0
    ) -> str:
        """Run kubectl with these arguments against this cluster; see `e2e.cluster.process.run`."""
        return run([*self._command(), *arguments], given=given, timeout_seconds=timeout_seconds)

    def get(self, *arguments: str) -> dict[str, Any]:
        """`kubectl get ... --output json`, read."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *arguments, "--output", "json"))
        return found

    def version(self) -> str:
        """The version of Kubernetes that the API server tells."""
        told: dict[str, Any] = json.loads(self.kubectl("get", "--raw", "/version"))
        return str(told["gitVersion"])

    def containers(self) -> list[str]:
        """The engine's containers that are nodes, by the nodes' names."""
        return _kind(self.engine, self.kind_program, "get", "nodes", "--name", NAME).split()

    def forwarded(self, namespace: str, target: str, port: int) -> AbstractContextManager[str]:
        """A port of a pod or service on loopback, as a URL; see `port_forward`."""
        return port_forward([*self._command(), "--namespace", namespace], target, port)

    @contextmanager
    def namespace(self) -> Iterator[str]:
        """A new namespace; when the context is left, it begins to go with all that is in it."""
        name = f"e2e-{uuid4().hex[:8]}"
        self.kubectl("create", "namespace", name)
        try:
            yield name
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false")

    def load(self, images: Iterable[str]) -> None:
        """Copy images from the engine to every node."""
        _kind(self.engine, self.kind_program, "load", "docker-image", *images, "--name", NAME)

    def _command(self) -> list[str | Path]:
        return [self.kubectl_program, "--kubeconfig", self.kubeconfig, "--context", self.context]


def kubeconfig_path() -> Path:
    """The kubeconfig file of the cluster, and of nothing else."""
    return cache_folder().parent / "e2e" / "kubeconfig"


def refuse_foreign_context(kubeconfig: str) -> None:
    """Refuse a kubeconfig whose present context is not on the list of allowed ones.

    Args:
        kubeconfig: The file's text.

    Raises:
        ClusterError: It is another context; the message names it and the list.
    """
    current = (yaml.safe_load(kubeconfig) or {}).get("current-context")
    if current not in ALLOWED_CONTEXTS:
        raise ClusterError(
            f"the present context is {current}: end-to-end tests act only on "
            f"{', '.join(ALLOWED_CONTEXTS)}"
        )


def up(engine: Engine, say: Say, nodes: int = 1) -> Cluster:
    """Find the cluster, or else create it.

    Args:
        engine: Where the nodes become containers.
        say: Told what takes its time, and how long it took.
        nodes: How many; a cluster that was kept with another number is made anew.

    Raises:
        ClusterError: It cannot be made, or is not Ready in time.
    """
    cluster = _cluster(engine, say)
    present = cluster.containers()
    if len(present) == nodes and _is_current(engine, present) and _answers(cluster):
        say(f"kind cluster {NAME}: kept from before, {nodes} node(s)")
        return cluster
    if present:
        say(f"kind cluster {NAME}: {len(present)} node(s) that do not serve this; made anew")
        down(engine, say)
    image = node_image(engine, say)
    say(f"node image: {image.tag} ({image.reason})")
    try:
        with stage(f"kind cluster {NAME}, {nodes} node(s)", say):
            _create(cluster, image, nodes)
        with stage("nodes and cluster DNS Ready", say):
            _wait_until_ready(cluster, image)
    except BaseException:
        down(engine, say)
        raise
    return cluster


def present_cluster(engine: Engine, say: Say) -> Cluster:
    """The cluster that is there, with however many nodes.

    Raises:
        ClusterError: There is none that answers.
    """
    cluster = _cluster(engine, say)
    if not cluster.containers() or not _answers(cluster):
        raise ClusterError(f"there is no cluster {NAME} that answers: create it")
    return cluster


@contextmanager
def exclusive() -> Iterator[None]:
    """Have the cluster for oneself: a second run of the tests would delete it.

    Raises:
        ClusterError: Another run has it.
    """
    path = kubeconfig_path().with_name(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ClusterError(
                f"another run of the end-to-end tests has the cluster {NAME}: wait for its end"
            ) from error
        yield


def down(engine: Engine, say: Say) -> None:
    """Delete the cluster and its network; nothing is said against it where there is none."""
    with stage(f"kind cluster {NAME} deleted", say):
        kind, kubeconfig = make(KIND, say), kubeconfig_path()
        _kind(engine, kind, "delete", "cluster", "--name", NAME, "--kubeconfig", str(kubeconfig))
        kubeconfig.unlink(missing_ok=True)
        if engine.run("network", "ls", "--quiet", "--filter", f"name=^{NAME}$").strip():
            engine.run("network", "rm", NAME)


def _cluster(engine: Engine, say: Say) -> Cluster:
    kubeconfig = kubeconfig_path()
    kubeconfig.parent.mkdir(parents=True, exist_ok=True)
    return Cluster(engine, kubeconfig, make(KUBECTL, say), make(KIND, say))


def _kind(engine: Engine, program: Path, *arguments: str, given: str | None = None) -> str:
    # A network of its own can be removed without a look at the user's other clusters.
    environment = {**engine.environment(), "KIND_EXPERIMENTAL_DOCKER_NETWORK": NAME}
    return run([program, *arguments], environment=environment, given=given)


def _is_current(engine: Engine, containers: Iterable[str]) -> bool:
    """Whether the nodes are of an image that would be used today."""
    used = {engine.run("inspect", "--format", "{{.Config.Image}}", name) for name in containers}
    return {image.strip() for image in used} <= {STOCK_IMAGE, own_tag()}


def _answers(cluster: Cluster) -> bool:
    try:
        refuse_foreign_context(cluster.kubeconfig.read_text())
        cluster.kubectl("get", "--raw", "/readyz", timeout_seconds=20)
    except (OSError, ClusterError):
        return False
    return True


def _create(cluster: Cluster, image: NodeImage, nodes: int) -> None:
    machine = kind_configuration.this_machine()
    wanted = kind_configuration.configuration(machine, nodes, own_network=not image.stock)
    create = ["create", "cluster", "--retain", "--name", NAME, "--image", image.tag]
    target = ["--kubeconfig", str(cluster.kubeconfig), "--config", "-"]
    try:
        _kind(cluster.engine, cluster.kind_program, *create, *target, given=yaml.safe_dump(wanted))
    except ClusterError as error:
        logs = cluster.kubeconfig.parent / "failed-creation"
        _kind(cluster.engine, cluster.kind_program, "export", "logs", str(logs), "--name", NAME)
        raise ClusterError(f"{error}\nthe nodes' logs are in {logs}") from error
    refuse_foreign_context(cluster.kubeconfig.read_text())


def _wait_until_ready(cluster: Cluster, image: NodeImage) -> None:
    limit = f"--timeout={_READY_SECONDS}s"
    system = ("-n", "kube-system", "rollout", "status", limit)
    # Before there are addresses for pods: a CoreDNS that starts before it waits half a minute for
    # an API server whose address leads nowhere yet.
    cluster.kubectl(*system, "daemonset/kube-proxy")
    if not image.stock:
        # Kubernetes gives a node its range of addresses soon after it has joined.
        until_it_works(
            lambda: pod_network.set_up(cluster.engine, cluster.get("nodes")), _READY_SECONDS
        )
    cluster.kubectl("wait", "--for=condition=Ready", "nodes", "--all", limit)
    cluster.kubectl(*system, "deployment/coredns")
