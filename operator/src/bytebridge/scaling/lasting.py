"""What of a worker's rate lasts: a batch is no rate.

Messages that came at once wait in the queue, which is to be drained in the time that is promised.
Taken for a rate as well, they would ask for replicas that serve as many every second, for ever.
"""

from math import sqrt

from bytebridge.scaling.demand import SIGMAS, Demand

LASTING_SECONDS = 20.0
"""A rate lasts that was as high in every reading of this time, but for chance."""


def lasting_rate(demand: Demand | None) -> float:
    """Requests a second that go on to come; 0: not known, and what piles up is in the queue.

    Args:
        demand: `None`: unknown.
    """
    if demand is None or not demand.counted:
        return 0.0
    sample = demand.sample
    rates = [
        (point.fast if point.windowed is None else point.windowed, point.seconds)
        for point in sample.since(sample.time - LASTING_SECONDS)
    ]
    lowest, seconds = min(rates, default=(demand.rate, demand.fast_seconds))
    chance = SIGMAS * sqrt(max(lowest, 1 / seconds) / seconds)
    return min(demand.rate, lowest + chance)
