"""What a person asks for, whatever the load: it raises `minReplicas` for a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bytebridge.scaling.decision import Reason
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.schedule import ScheduleMemory, window_in_force


@dataclass(frozen=True, slots=True)
class Rails:
    """The policy with the raised minimum, and what raised it."""

    policy: Policy
    floors: Mapping[str, int]
    """`schedule`, `manual`: as they were asked for, before `maxReplicas`."""
    reason: Reason
    words: str

    def bind(self, replicas: int, needed: int) -> bool:
        """Whether the replicas are these because of the raised minimum, and not of the load."""
        return bool(self.words) and needed < replicas == self.policy.min_replicas


def raise_minimum(
    policy: Policy, memory: ScheduleMemory, unix_time: float | None, lead_seconds: float
) -> Rails:
    """Apply the schedule and the manual floor; the larger one holds, `maxReplicas` bounds it.

    Args:
        policy: The compiled spec.
        memory: Of this service; updated.
        unix_time: Wall time; `None`: unknown.
        lead_seconds: Until replicas that are asked for now are Ready.
    """
    floors: dict[str, int] = {}
    asked: dict[int, tuple[Reason, str]] = {policy.min_replicas: (Reason.MIN_REPLICAS, "")}
    window = window_in_force(policy.schedule, memory, unix_time, lead_seconds)
    if window is not None:
        floors["schedule"] = window.min_replicas
        words = f"the schedule's window {window.name} asks for {window.min_replicas}"
        asked.setdefault(window.min_replicas, (Reason.SCHEDULED, words))
    if policy.manual_floor is not None:
        floors["manual"] = policy.manual_floor
        words = f"the annotation min-replicas asks for {policy.manual_floor}"
        asked.setdefault(policy.manual_floor, (Reason.MANUAL_FLOOR, words))
    most = max(asked)
    reason, words = asked[most]
    if words and most > policy.max_replicas:
        words += f", cut to maxReplicas ({policy.max_replicas})"
    raised = replace(policy, min_replicas=min(most, policy.max_replicas))
    return Rails(raised, floors, reason, words)
