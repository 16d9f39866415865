"""What a person asks for, whatever the load: it raises `minReplicas` for a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bytebridge.scaling.hold import HoldWindow
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.schedule import ScheduleMemory, window_in_force


@dataclass(slots=True)
class RailsMemory:
    """What the rails of one service remember."""

    schedule: ScheduleMemory = field(default_factory=ScheduleMemory)
    lows: HoldWindow = field(default_factory=HoldWindow)
    """Replicas, negated, for the limit of steps up within a period."""
    highs: HoldWindow = field(default_factory=HoldWindow)
    """Replicas, for the limit of steps down within a period."""
    standby: HoldWindow = field(default_factory=HoldWindow)
    """Needs of which a part stays as a warm standby."""

    @classmethod
    def of(cls, policy: Policy) -> "RailsMemory | None":
        """Nothing is remembered of a service that uses no rail with a memory."""
        uses = (
            policy.schedule
            or policy.manual_floor is not None
            or policy.standby_seconds
            or policy.step_up_period_seconds
            or policy.step_down_period_seconds
        )
        return cls() if uses else None

    def remember(self, time: float, present: int) -> None:
        """Replicas at a time, for the limits of steps."""
        self.lows.add(time, -present)
        self.highs.add(time, present)


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
