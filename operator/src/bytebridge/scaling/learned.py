"""What the law has learned of a service that is worth more than one process's life.

An operator that starts without it sizes replicas by the slots that are busy at the moment, which
are fewer than there are, and asks for more replicas than the service needs.
"""

from dataclasses import dataclass, replace

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.state import State
from bytebridge.scaling.sustained import Sustained

TELLING_SHARE = 0.1
"""A figure that moves by less than this is not worth a write of its own."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Facts of one pod template."""

    template_hash: str
    slots_per_replica: float | None = None
    """Requests that one replica serves at once."""
    startup_seconds: float | None = None
    """From being asked for to Ready, 90th percentile."""
    sustained_utilization: float | None = None
    """Share of the slots that may be busy with latencies in time; `None`: no limit was seen."""


def learned_of(
    capacity: Capacity, startup_seconds: float | None, *, slots_given: bool
) -> Learned | None:
    """What is known now; `None` before anything is.

    Args:
        capacity: Of a replica.
        startup_seconds: From being asked for to Ready, 90th percentile.
        slots_given: `concurrencyPerReplica` is set, so nothing is learned of slots.
    """
    slots = None if slots_given else capacity.slots
    figures = (slots, startup_seconds, capacity.sustained)
    if capacity.template_hash is None or all(figure is None for figure in figures):
        return None
    return Learned(capacity.template_hash, *figures)


def recalled_state(learned: Learned) -> State:
    """Where learning goes on; the law itself forgets it if the pod template is another one."""
    limit = learned.sustained_utilization
    capacity = Capacity(
        learned.slots_per_replica, template_hash=learned.template_hash, sustained=limit
    )
    return State(capacity=capacity, sustained=Sustained(limit=limit))


def remembered(before: Learned | None, now: Learned | None) -> Learned | None:
    """What is known now; of the same pod template, what is unknown now stays as it was.

    But for a limit of the utilization: to know of none is to have seen that there is none.
    """
    if before is None or now is None or before.template_hash != now.template_hash:
        return now or before
    return replace(
        now,
        slots_per_replica=now.slots_per_replica or before.slots_per_replica,
        startup_seconds=now.startup_seconds or before.startup_seconds,
    )


def moved(told: Learned | None, now: Learned | None) -> bool:
    """Whether what is known now is worth a write, after what was told last."""
    if told is None or now is None or told.template_hash != now.template_hash:
        return told != now
    return (
        _telling(told.slots_per_replica, now.slots_per_replica)
        or _telling(told.startup_seconds, now.startup_seconds)
        or _telling(told.sustained_utilization, now.sustained_utilization)
    )


def _telling(told: float | None, now: float | None) -> bool:
    if told is None or now is None:
        return told != now
    return abs(now - told) > TELLING_SHARE * told
