"""Kubernetes Events about decisions."""

import datetime as dt

from bytebridge.api.names import API_VERSION, KIND
from bytebridge.cluster.client import Manifest
from bytebridge.scaling.decision import Decision


def scaling_event(key: tuple[str, str], uid: str, decision: Decision, now: dt.datetime) -> Manifest:
    """The Event that replicas changed, with the decision's own words."""
    namespace, name = key
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{name}.{int(now.timestamp() * 1000):x}",
            "namespace": namespace,
        },
        "eventTime": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "type": "Normal",
        "reason": decision.reason.value,
        "action": "Scale",
        "note": decision.message[:1000],
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
