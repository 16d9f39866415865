"""What the cluster says of the demo's service, from watches."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bytebridge.api.status import DecisionStatus
from bytebridge.demo.api_server import ApiServer, Change, Manifest


@dataclass(slots=True)
class Fleet:
    """The service's pods, its Deployment's replicas, and the operator's last decision."""

    running: set[str] = field(default_factory=set)
    """Pods that are not being deleted."""
    ready: set[str] = field(default_factory=set)
    """Those of them that take requests."""
    replicas_desired: int = 0
    decision: DecisionStatus | None = None

    def see_pod(self, change: Change) -> None:
        """Take in a Pod."""
        name = change.manifest["metadata"]["name"]
        gone = change.deleted or "deletionTimestamp" in change.manifest["metadata"]
        _put(self.running, name, present=not gone)
        _put(self.ready, name, present=not gone and is_ready(change.manifest))

    def see_deployment(self, change: Change) -> None:
        """Take in the Deployment."""
        self.replicas_desired = 0 if change.deleted else change.manifest["spec"]["replicas"]

    def see_service(self, change: Change) -> None:
        """Take in the ScalableService's status."""
        decision = change.manifest.get("status", {}).get("lastDecision")
        if decision:
            self.decision = DecisionStatus.model_validate(decision)


def is_ready(pod: Manifest) -> bool:
    """A Pod's Ready condition."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(
        condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions
    )


def _put(names: set[str], name: str, *, present: bool) -> None:
    if present:
        names.add(name)
    else:
        names.discard(name)


async def follow(
    api_server: ApiServer,
    path: str,
    selector: dict[str, str],
    see: Callable[[Change], None],
    changed: Callable[[], None],
) -> None:
    """Feed every change of a collection to `see`, then call `changed`; until cancelled."""
    async for change in api_server.watch(path, **selector):
        see(change)
        changed()
