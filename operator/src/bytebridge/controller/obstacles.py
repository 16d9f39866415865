"""Why a service may not be touched: found before anything is written."""

from collections.abc import Iterable, Mapping

from bytebridge.api.names import KIND
from bytebridge.controller.projection import ChildView, DeploymentView, HpaView
from bytebridge.controller.store import Entry, Key

Obstacle = tuple[str, str]


def find_obstacle(
    entry: Entry,
    rival: Key | None,
    deployment: DeploymentView | None,
    children: Mapping[str, ChildView],
    hpas: Iterable[HpaView],
) -> Obstacle | None:
    """Reason and message of the first obstacle, or `None`.

    Args:
        entry: The service.
        rival: An older service that has the same target.
        deployment: The target.
        children: Objects that bear the names of what would be made, by kind.
        hpas: All HPAs that scale the target.
    """
    service = entry.service
    if service is None:
        return None
    if entry.holdings.blocked is not None:
        return entry.holdings.blocked
    if service.spec.database.used and not entry.holdings.settled:
        return "BudgetPending", "the connections of its database have not been settled yet"
    if rival is not None:
        return "TargetTaken", f"Deployment {service.target_name} is scaled by {KIND} {rival[1]}"
    foreign = [hpa for hpa in hpas if hpa.owner != f"{KIND}/{entry.uid}"]
    if foreign:
        return "ForeignAutoscaler", _foreign_words(foreign[0], service.target_name)
    if service.spec.target_ref is not None and deployment is None:
        words = f"spec.targetRef.name: no Deployment {service.target_name}; create it"
        return "TargetMissing", words
    name = service.metadata.name
    taken = [kind for kind, child in children.items() if child.service != name]
    if not taken:
        return None
    mend = "adopt it by spec.targetRef, or rename" if taken[0] == "Deployment" else "rename"
    return "NameTaken", f"{taken[0]} {name} exists and is not this service's: {mend} one of them"


def _foreign_words(hpa: HpaView, target: str) -> str:
    kind = hpa.owner.split("/")[0] if hpa.owner else ""
    of = f" of a {kind}" if kind else ""
    return (
        f"HorizontalPodAutoscaler {hpa.name}{of} scales Deployment {target} already: delete it, "
        "or delete this ScalableService"
    )
