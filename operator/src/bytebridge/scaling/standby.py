"""Warm standby: after a surge a part of what it needed stays for some minutes.

What money can buy against surges that come again before pods could start: the price is the
standby's replicas for as long as it lasts.
"""

from math import ceil

from bytebridge.scaling.hold import HoldWindow
from bytebridge.scaling.needs import Needs
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy


def with_standby(
    policy: Policy, memory: HoldWindow, observation: Observation, needs: Needs, useful: int
) -> tuple[Needs, int]:
    """Add the floor `standby`; without the surplus for a backlog or a forecast, which passes.

    Args:
        policy: With a standby.
        memory: Needs of the standby's time; updated.
        observation: What is known now; what stands when it is the first counts as needed.
        needs: All other floors.
        useful: Replicas of them that can help.
    """
    time = observation.time
    if memory.empty:
        memory.add(time, observation.replicas.desired)
    memory.add(time, min(needs.standing, useful))
    floor = standby_floor(memory.largest(time, policy.standby_seconds), policy.standby_share)
    return needs._replace(floors={**needs.floors, "standby": floor}), max(useful, floor)


def standby_floor(largest_need: int, share: float) -> int:
    """Replicas that stay.

    Args:
        largest_need: Of the time that the standby lasts.
        share: 0 to 1.
    """
    return ceil(largest_need * share - 1e-9)
