"""The status of a ScalableService, and whether it says anything new."""

from collections.abc import Mapping
from typing import Any

from bytebridge.api.status import ConditionType
from bytebridge.controller.conditions import Facts, Finding, findings
from bytebridge.controller.learning import learned_before
from bytebridge.scaling.learned import moved

Status = dict[str, Any]

_STEADY = frozenset(
    {
        ConditionType.DATABASE_BUDGET.value,
        ConditionType.EXPOSED.value,
        ConditionType.GRACEFUL_TERMINATION.value,
    }
)
"""Conditions whose messages move only when something has changed."""


def build_status(
    facts: Facts, previous: Mapping[str, Any], generation: int, selector: str, now: str
) -> Status:
    """What the status says now.

    Args:
        facts: Of this pass.
        previous: The status that stands; it keeps the times of unchanged conditions.
        generation: Of the spec that was seen.
        selector: Label selector of the pods, for the scale subresource.
        now: RFC 3339.
    """
    times = {
        item["type"]: (item["status"], item["lastTransitionTime"])
        for item in previous.get("conditions", [])
    }
    status: Status = {
        "observedGeneration": generation,
        "replicas": facts.desired,
        "readyReplicas": facts.ready,
        "desiredReplicas": facts.decision.replicas if facts.decision else facts.desired,
        "selector": selector,
        "conditions": [
            _condition(kind, finding, times.get(kind.value), generation, now)
            for kind, finding in findings(facts).items()
        ],
    }
    if facts.decision:
        status["lastDecision"] = {
            "time": now,
            "replicas": facts.decision.replicas,
            "reason": facts.decision.reason.value,
            "message": facts.decision.message,
            "floors": dict(facts.decision.floors),
            "held": facts.decision.held or "",
        }
    return status


def says_something_new(status: Mapping[str, Any], previous: Mapping[str, Any]) -> bool:
    """Figures within a message move with every tick and are no reason to write."""
    return moved(learned_before(previous), learned_before(status)) or (
        _essence(status) != _essence(previous)
    )


def _essence(status: Mapping[str, Any]) -> tuple[object, ...]:
    decision = status.get("lastDecision", {})
    return (
        *(status.get(key) for key in ("observedGeneration", "replicas", "readyReplicas")),
        *(status.get(key) for key in ("desiredReplicas", "selector")),
        *(decision.get(key) for key in ("replicas", "reason")),
        (status.get("cache") or {}).get("hitRatio"),
        *((item["type"], item["status"], item["reason"]) for item in status.get("conditions", [])),
        *(item["message"] for item in status.get("conditions", []) if item["type"] in _STEADY),
        (status.get("exposure") or {}).get("address"),
    )


def _condition(
    kind: ConditionType,
    finding: Finding,
    before: tuple[str, str] | None,
    generation: int,
    now: str,
) -> dict[str, Any]:
    unchanged = before is not None and before[0] == finding.status
    return {
        "type": kind.value,
        "status": finding.status,
        "reason": finding.reason,
        "message": finding.message,
        "lastTransitionTime": before[1] if before is not None and unchanged else now,
        "observedGeneration": generation,
    }
