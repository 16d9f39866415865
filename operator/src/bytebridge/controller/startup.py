"""How long pods take to become Ready."""

import datetime as dt
from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import Any

RECENT_SECONDS = 1_800


def startup_p90(pods: Sequence[Mapping[str, Any]], now: dt.datetime) -> float | None:
    """90th percentile of the time from a pod's creation to Ready, seconds.

    Only pods created within the last half hour count; `None` when there is none.
    """
    times = []
    for pod in pods:
        created = dt.datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
        ready = _ready_at(pod)
        if ready is not None and (now - created).total_seconds() <= RECENT_SECONDS:
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
