"""Slots of replicas that are all full, where one gauge holds all that have come in.

What leaves while the line grows is what is served, and who gives up. Of those there are more the
more wait, so that two looks at the same replicas tell both: left = served + rate of giving up x
waiting (A + M, C. Palm, 1946; N. Gans, G. Koole and A. Mandelbaum, "Telephone Call Centers", M&SOM
5, 2003, section 4.2.2).
"""

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from bytebridge.scaling.throughput import Busy, Glances

GROWING = 0.6
"""Share of the arrivals that leave, at most: where the line no longer grows, many give up."""
APART = 1.3
"""Times as many wait at the second look."""
CLEARLY_MORE = 1.1
"""Times the known slots from which more are believed."""


class Look(NamedTuple):
    """Replicas that are all full."""

    replicas: int
    waiting: float
    left: float
    """Requests a second."""


@dataclass(slots=True)
class FullReplicas:
    """Memory of one service, of one pod template."""

    first: Look | None = None
    """While requests wait."""


def slots_when_full(
    memory: FullReplicas, glances: Glances, busy: Busy | None, service_seconds: float
) -> float:
    """Slots of a replica by Little's law, k = X S; 0: nothing tells.

    Args:
        memory: Of this service; updated.
        glances: At the service of late.
        busy: What left while requests waited.
        service_seconds: Of a replica that nothing waits for.
    """
    if busy is None or not (busy.one_size and busy.shared and busy.steady):
        memory.first = None
        return 0.0
    recent = glances.recent
    waiting = (recent[0].backlog + recent[-1].backlog) / 2
    first, now = memory.first, Look(busy.most, waiting, busy.left)
    if now.left >= GROWING * recent[-1].arriving:
        memory.first = None
        return 0.0
    if first is None or first.replicas != now.replicas or waiting <= first.waiting:
        memory.first = now
        return 0.0
    if waiting < APART * first.waiting:
        return 0.0
    chance = sqrt(2 * recent[-1].arriving / (recent[-1].time - recent[0].time))
    give_up = max(0.0, now.left - first.left - chance) / (waiting - first.waiting)
    served = min(now.left, first.left - give_up * first.waiting)
    return max(0.0, served) / now.replicas * service_seconds
