"""What the law has learned of a service that is worth more than one process's life.

An operator that starts without it sizes replicas by the slots that are busy at the moment, which
are fewer than there are, and asks for more replicas than the service needs.
"""

from dataclasses import dataclass, replace

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.slowdown import Slowdown
from bytebridge.scaling.state import State
from bytebridge.scaling.sustained import Sustained

TELLING_SHARE = 0.1
"""A figure that moves by less than this is not worth a write of its own."""
LEVEL_SHARE = 0.25
"""The same for one that follows the present, and is found again in a minute."""


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
    idle_service_seconds: float | None = None
    """Service time of a replica with nothing else to do; `None`: load makes none slower."""
    slowdown_per_request: float | None = None
    """Share of its speed that a replica loses by each request a second."""


def learned_of(
    capacity: Capacity, slowdown: Slowdown, startup_seconds: float | None, *, slots_given: bool
) -> Learned | None:
    """What is known now; `None` before anything is.

    Args:
        capacity: Of a replica.
        slowdown: By load.
        startup_seconds: From being asked for to Ready, 90th percentile.
        slots_given: `concurrencyPerReplica` is set, so nothing is learned of slots.
    """
    slots = None if slots_given else capacity.slots
    idle = slowdown.idle_seconds
    lost = None if idle is None else slowdown.per_request
    figures = (slots, startup_seconds, capacity.sustained, idle, lost)
    if capacity.template_hash is None or all(figure is None for figure in figures):
        return None
    return Learned(capacity.template_hash, *figures)


def recalled_state(learned: Learned) -> State:
    """Where learning goes on; the law itself forgets it if the pod template is another one."""
    limit = learned.sustained_utilization
    capacity = Capacity(
        learned.slots_per_replica, template_hash=learned.template_hash, sustained=limit
    )
    slowdown = Slowdown(
        idle_seconds=learned.idle_service_seconds, per_request=learned.slowdown_per_request or 0.0
    )
    return State(capacity=capacity, sustained=Sustained(limit=limit), slowdown=slowdown)


def remembered(before: Learned | None, now: Learned | None) -> Learned | None:
    """What is known now; of the same pod template, what is unknown now stays as it was.

    But for a limit of the utilization and a slowdown: to know of none is to have seen that there is
    none.
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
        or _telling(told.slowdown_per_request, now.slowdown_per_request)
        or _telling(told.idle_service_seconds, now.idle_service_seconds, LEVEL_SHARE)
    )


def _telling(told: float | None, now: float | None, share: float = TELLING_SHARE) -> bool:
    if told is None or now is None:
        return told != now
    return abs(now - told) > share * told
