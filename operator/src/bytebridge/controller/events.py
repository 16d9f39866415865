"""Kubernetes Events about decisions, and about conditions that turn."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bytebridge.api.names import API_VERSION, KIND
from bytebridge.api.status import ConditionType
from bytebridge.cluster.client import Manifest
from bytebridge.scaling.decision import Decision

LONGEST_NOTE = 1_000
"""Characters; the API allows 1,024 bytes."""

_WELL: Mapping[str, str] = {
    ConditionType.METRICS_AVAILABLE.value: "True",
    ConditionType.STALLED.value: "False",
    ConditionType.DATABASE_BUDGET.value: "True",
    ConditionType.REFERENCES_FOUND.value: "True",
    ConditionType.EXPOSED.value: "True",
}
"""Conditions whose turn is worth an Event, with the status that is well."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What an Event tells."""

    reason: str
    note: str
    warning: bool = False


def scaled(decision: Decision) -> Occurrence:
    """Replicas changed, in the decision's own words."""
    return Occurrence(decision.reason.value, decision.message)


def turns(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Occurrence]:
    """Conditions that ceased to be well, or are well again.

    A new service is not yet well in several ways; that is no news.
    """
    known = {item["type"]: item["status"] for item in before.get("conditions", [])}
    for item in after.get("conditions", []):
        well = _WELL.get(item["type"])
        was = known.get(item["type"])
        if well is None or was == item["status"]:
            continue
        if item["status"] == well:
            if was in {"True", "False"}:
                yield Occurrence(item["reason"], item["message"])
        elif was == well or (was is None and item["type"] == ConditionType.STALLED.value):
            yield Occurrence(item["reason"], item["message"], warning=True)


def event(key: tuple[str, str], uid: str, occurrence: Occurrence, now: dt.datetime) -> Manifest:
    """The Event of an occurrence."""
    namespace, name = key
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{name}.{occurrence.reason.lower()}.{int(now.timestamp() * 1000):x}",
            "namespace": namespace,
        },
        "eventTime": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "type": "Warning" if occurrence.warning else "Normal",
        "reason": occurrence.reason,
        "action": "Scale",
        "note": occurrence.note[:LONGEST_NOTE],
        "reportingController": "bytebridge",
        "reportingInstance": "bytebridge",
        "regarding": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "namespace": namespace,
            "name": name,
            "uid": uid,
        },
    }
