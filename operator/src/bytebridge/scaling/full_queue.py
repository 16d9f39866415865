"""A queue that is as long as it can be.

Who comes to a full one is turned away, and counted by nobody; who has a request in a closed loop
sends no other one. Either way as many come as are served, and that says nothing of the load.
"""

from bytebridge.scaling.demand import Demand
from bytebridge.scaling.history import queue_growth

STANDS_STILL = 0.1
"""Share of what is served by which a queue may grow or shrink a second and still be full."""
MOST_LET_IN = 2.0
"""Times what is served that a full queue lets in: clients that give up make room as well."""


def may_be_full(demand: Demand | None, served: float) -> bool:
    """Whether a queue that there is stands still, and little more is counted than leaves it.

    Args:
        demand: `None`: unknown.
        served: Requests a second of the Ready replicas, all of them busy.
    """
    if demand is None or len(demand.sample.history) < 2 or demand.rate > MOST_LET_IN * served:
        return False
    before, now = demand.sample.history[-2:]
    growth = queue_growth(now.backlog, now.time, before)
    return growth is not None and abs(growth) <= STANDS_STILL * served
