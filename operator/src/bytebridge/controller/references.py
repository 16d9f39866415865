"""Secrets and ConfigMaps that pods miss, as the kubelet tells it in the pods' status.

The operator holds no right on Secrets, so it does not look for them itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

FIRST_LOOK_SECONDS: Final = 20.0
"""Pods that start for so long are looked at: most are Ready before."""
LOOK_AGAIN_SECONDS: Final = 15.0

_REASON: Final = "CreateContainerConfigError"


def missing_references(pods: Sequence[Mapping[str, Any]]) -> str | None:
    """What is missing, in the kubelet's words; `None`: nothing that a status shows.

    A Secret that is mounted and missing shows in Events of the pod only.
    """
    found = {words for pod in pods for words in _of_pod(pod)}
    return "; ".join(sorted(found)) or None


def _of_pod(pod: Mapping[str, Any]) -> Iterator[str]:
    status = pod.get("status", {})
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(kind, []):
            waiting = container.get("state", {}).get("waiting") or {}
            if waiting.get("reason") == _REASON:
                yield f"container {container['name']}: {waiting.get('message', _REASON)}"
