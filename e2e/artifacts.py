"""What is kept of a failure: objects, events, logs of pods and of nodes."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from e2e.cluster.cluster import Cluster
from e2e.cluster.errors import ClusterError

_JOURNAL_LINES: Final = "3000"
_SKIPPED: Final = frozenset({"secrets", "events", "events.events.k8s.io"})
"""Secrets stay where they are; events are written as a table."""


def collect(cluster: Cluster, folder: Path) -> None:
    """Write everything into the folder; what cannot be had is named in a file of its own.

    Args:
        cluster: The cluster, which may be broken.
        folder: Made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []

    def keep(name: str, produce: Callable[[], str]) -> None:
        try:
            text = produce()
        except ClusterError as error:
            problems.append(f"{name}: {error}")
        else:
            (folder / name).write_text(text)

    keep("pods.txt", lambda: cluster.kubectl("get", "pods", "-A", "-o", "wide"))
    keep("nodes.txt", lambda: cluster.kubectl("describe", "nodes"))
    keep(
        "events.txt",
        lambda: cluster.kubectl("get", "events", "-A", "--sort-by=.metadata.creationTimestamp"),
    )
    keep("objects.yaml", lambda: _objects(cluster))
    keep("dump.txt", lambda: _dump(cluster, folder / "dump"))
    for node in cluster.containers():
        keep(f"{node}-journal.txt", partial(_journal, cluster, node))
    if problems:
        (folder / "not-collected.txt").write_text("\n".join(problems))


def _objects(cluster: Cluster) -> str:
    kinds = cluster.kubectl("api-resources", "--verbs=list", "--output=name").split()
    wanted = ",".join(kind for kind in kinds if kind not in _SKIPPED)
    return cluster.kubectl("get", wanted, "-A", "--output=yaml", "--ignore-not-found")


def _dump(cluster: Cluster, folder: Path) -> str:
    """Logs of all containers, in a folder for each namespace."""
    return cluster.kubectl("cluster-info", "dump", "-A", f"--output-directory={folder}")


def _journal(cluster: Cluster, node: str) -> str:
    return cluster.engine.run("exec", node, "journalctl", "--no-pager", "--lines", _JOURNAL_LINES)
