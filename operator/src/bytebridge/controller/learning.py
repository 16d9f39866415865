"""What was learned of a service, as its status keeps it."""

from collections.abc import Mapping
from typing import Any

from bytebridge.scaling.learned import Learned


def learned_status(learned: Learned) -> dict[str, Any]:
    """As the status keeps it; what is not known is null, so that a patch ends it."""
    return {
        "templateHash": learned.template_hash,
        "slotsPerReplica": _rounded(learned.slots_per_replica),
        "startupSeconds": _rounded(learned.startup_seconds),
        "sustainedUtilization": _rounded(learned.sustained_utilization, digits=4),
        "idleServiceSeconds": _rounded(learned.idle_service_seconds, digits=9),
        "slowdownPerRequest": _rounded(learned.slowdown_per_request, digits=9),
    }


def learned_before(status: Mapping[str, Any]) -> Learned | None:
    """What a status says; `None` if nothing."""
    found = status.get("learned")
    if not found:
        return None
    return Learned(
        found["templateHash"],
        found.get("slotsPerReplica"),
        found.get("startupSeconds"),
        found.get("sustainedUtilization"),
        found.get("idleServiceSeconds"),
        found.get("slowdownPerRequest"),
    )


def _rounded(figure: float | None, digits: int = 2) -> float | None:
    return None if figure is None else round(figure, digits)
