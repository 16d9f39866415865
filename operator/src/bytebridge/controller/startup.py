"""How long pods take to become Ready."""

import datetime as dt
from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import Any

RECENT_SECONDS = 1_800
CLOCKS_DIFFER = dt.timedelta(seconds=30)
"""The operator's and the API server's, at most: a pod that was created so long before all were last
seen Ready may have been created after it."""


def startup_p90(
    pods: Sequence[Mapping[str, Any]], now: dt.datetime, all_ready_at: dt.datetime | None = None
) -> float | None:
    """90th percentile of the time from a pod's creation to Ready, seconds.

    Only pods created within the last half hour count; `None` when there is none.

    Args:
        pods: Of one service.
        now: Wall time.
        all_ready_at: When all were last seen Ready; `None`: not known. A pod that is older and
            became Ready since has failed a probe, and its age is no start-up time.
    """
    times = []
    recent = now - dt.timedelta(seconds=RECENT_SECONDS)
    oldest = recent if all_ready_at is None else max(recent, all_ready_at - CLOCKS_DIFFER)
    for pod in pods:
        created = dt.datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
        ready = _ready_at(pod)
        if ready is not None and created >= oldest:
            times.append(max(0.0, (ready - created).total_seconds()))
    if not times:
        return None
    if len(times) == 1:
        return times[0]
    return min(max(times), quantiles(times, n=10)[-1])


def _ready_at(pod: Mapping[str, Any]) -> dt.datetime | None:
    for condition in pod.get("status", {}).get("conditions", []):
        if condition["type"] == "Ready" and condition["status"] == "True":
            return dt.datetime.fromisoformat(condition["lastTransitionTime"])
    return None
