"""What a load rises by while pods start: where that takes minutes, only what stands meets it.

The index of dispersion tells of bursts within 15 s. What goes up and down within minutes is a
matter of the load itself, and is seen in how far it has risen before within such a time.
"""

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from bytebridge.scaling.climb import MEAN_SECONDS, Climb

LONG_SECONDS = 120.0
"""Start-up times from which on it counts: what rises within less is seen in time, and pods come."""
MEANS = 240
"""That are remembered, of 30 s: two hours."""
FEWEST_RISES = 20
"""From which on they tell: ten minutes."""


@dataclass(slots=True)
class Swell:
    """Memory of one service."""

    means: deque[float] = field(default_factory=lambda: deque(maxlen=MEANS))
    """Requests a second in each half minute, oldest first. Those that were not seen are left out:
    what was known before a fault of metrics is still true."""
    seen_at: float = 0.0
    """The middle of the last."""
    rise: float = 0.0
    """Requests a second that the load has risen by within a start-up time, at the percentile."""
    highest: float = 0.0
    """Of the means."""


def observe_swell(memory: Swell, climb: Climb, horizon_seconds: float, percentile: float) -> None:
    """Take in the newest mean of half a minute, where it is new and pods are slow.

    Args:
        memory: Of this service; updated.
        climb: The means.
        horizon_seconds: From a decision to the time its replicas serve.
        percentile: Of the objective, 0 to 1: so many rises are to be met.
    """
    if horizon_seconds < LONG_SECONDS or not climb.means:
        return
    newest = climb.means[-1]
    if newest.time == memory.seen_at:
        return
    memory.seen_at = newest.time
    memory.means.append(newest.rate)
    means = list(memory.means)
    later = means[ceil(horizon_seconds / MEAN_SECONDS) :]
    rises = sorted(after - before for before, after in zip(means, later, strict=False))
    memory.highest = max(means)
    enough = len(rises) >= FEWEST_RISES
    memory.rise = max(0.0, rises[int(percentile * len(rises))]) if enough else 0.0


def swollen_rate(memory: Swell, rate: float, horizon_seconds: float) -> float:
    """What the load may have come to when replicas that are asked for now serve; 0: not known.

    No more than it has come to in two hours: a rise that lasts is a climb's affair.

    Args:
        memory: Of this service.
        rate: Present requests a second.
        horizon_seconds: From a decision to the time its replicas serve.
    """
    if horizon_seconds < LONG_SECONDS or not memory.rise:
        return 0.0
    return min(rate + memory.rise, memory.highest)
