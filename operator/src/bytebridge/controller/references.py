"""Secrets and ConfigMaps that pods miss, as the kubelet tells it.

The operator holds no right on Secrets, so it does not look for them itself. What a container takes
into its environment shows in the pod's status; what is mounted shows in an Event of the pod alone,
while its containers are still being created (kubelet, pkg/kubelet/events: FailedMount).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

FIRST_LOOK_SECONDS: Final = 20.0
"""Pods that start for so long are looked at: most are Ready before."""
LOOK_AGAIN_SECONDS: Final = 15.0

_REASON: Final = "CreateContainerConfigError"
_BEFORE_MOUNT: Final = frozenset({"ContainerCreating", "PodInitializing"})
_MISSING_MOUNT: Final = re.compile(
    r'(secret|configmap) "[^"]+" not found|references non-existent (secret|config) key'
)
"""Volumes fail for other reasons too, and those are no matter of references."""

Body = Mapping[str, Any]


def missing_references(pods: Sequence[Body], failed_mounts: Sequence[Body] = ()) -> str | None:
    """What is missing, in the kubelet's words; `None`: nothing that it has told of.

    Args:
        pods: That do not start.
        failed_mounts: Events of the reason FailedMount; those of other pods are passed over.
    """
    found = {words for pod in pods for words in _of_pod(pod)}
    waiting = {pod["metadata"]["uid"] for pod in pods if _mounts_nothing_yet(pod)}
    for event in failed_mounts:
        words = event.get("note", "")
        if event.get("regarding", {}).get("uid") in waiting and _MISSING_MOUNT.search(words):
            found.add(words)
    return "; ".join(sorted(found)) or None


def wait_for_mounts(pods: Sequence[Body]) -> bool:
    """Some pods may wait for a volume: only then are Events worth a request."""
    return any(_mounts_nothing_yet(pod) for pod in pods)


def _of_pod(pod: Body) -> Iterator[str]:
    for name, waiting in _waiting(pod):
        if waiting.get("reason") == _REASON:
            yield f"container {name}: {waiting.get('message', _REASON)}"


def _mounts_nothing_yet(pod: Body) -> bool:
    return any(waiting.get("reason") in _BEFORE_MOUNT for _, waiting in _waiting(pod))


def _waiting(pod: Body) -> Iterator[tuple[str, Body]]:
    """Containers that wait, and what for."""
    status = pod.get("status", {})
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(kind, []):
            yield container["name"], container.get("state", {}).get("waiting") or {}
