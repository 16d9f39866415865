"""What each rule asks for, in replicas. Every rule is one function of plain figures."""

from math import ceil, sqrt
from typing import NamedTuple

from bytebridge.scaling.queueing import slots_for_tail

BURST_SIGMAS = 1.0
SWELL_SIGMAS = 5.0
"""What recorded loads of language models ask for: their counts have far tails."""
WINDOW_SECONDS = 15.0
"""Of the counts whose index of dispersion is known."""
SERVICE_TAIL = 2.3
"""95th percentile of a service time in means, lognormal with Cs2 = 0.5 (2.24) rounded up."""
SHORTEST_PATIENCE = 0.2
"""Least share of the objective left for waiting, when service alone takes nearly all of it."""
FULL = 0.95
"""Share of the CPU that is busy where more would be if there were more."""
EPSILON = 1e-9


def utilization_floor(offered_load: float, slots: float, target: float) -> int:
    """Replicas with which at most `target` of the slots are busy on average."""
    return ceil(offered_load / (slots * target) - EPSILON)


def cpu_floor(ready: int, busy: float, target: float) -> int:
    """Replicas with which at most `target` of the CPU is busy.

    ceil(current replicas x current value / desired value); where all of it is busy nothing tells
    how much more comes, and twice the replicas find out.
    Source: Kubernetes documentation, "Horizontal Pod Autoscaling", algorithm details.

    Args:
        ready: Replicas that the figure is of.
        busy: Share of their CPU, 0 to 1.
        target: Utilization, 0 to 1.
    """
    return 2 * ready if busy >= FULL else utilization_floor(ready * busy, 1.0, target)


def latency_floor(
    offered_load: float, slots: float, service_seconds: float, objective: float, percentile: float
) -> int:
    """Replicas that keep the percentile of latency within the objective.

    Half of the requests that may be late are late by their own service; the other half may wait
    longer than what the service leaves of the objective. Arrivals Poisson, Cs2 = 1.

    Args:
        offered_load: In busy slots.
        slots: Slots a replica.
        service_seconds: Mean service time.
        objective: Seconds.
        percentile: 0 to 1.
    """
    spare = max(objective - SERVICE_TAIL * service_seconds, SHORTEST_PATIENCE * objective)
    needed = slots_for_tail(
        offered_load, spare / service_seconds, (1 - percentile) / 2, variability=1.0
    )
    return ceil(needed / slots - EPSILON)


def burst_floor(
    offered_load: float, slots: float, dispersion: float, service_seconds: float
) -> int:
    """Replicas that stand ready for bursts which are over before a pod can start.

    Square-root staffing, a + z sqrt(a), for what varies within a service time (S. Halfin and W.
    Whitt, Operations Research 29, 1981), and for what varies over a window w, that the rate may be
    z' of its standard deviations higher: sqrt((I - 1) rate / w) (R. Gusella, IEEE JSAC 9, 1991).

    Args:
        offered_load: In busy slots.
        slots: Slots a replica.
        dispersion: Index of dispersion I of the counts of a window.
        service_seconds: Mean service time.
    """
    swift = BURST_SIGMAS**2 * offered_load
    slow = max(dispersion - 1.0, 0.0) * offered_load * service_seconds / WINDOW_SECONDS
    margin = sqrt(swift + SWELL_SIGMAS**2 * slow)
    return ceil((offered_load + margin) / slots - EPSILON)


class Fleet(NamedTuple):
    """What serves, what is about to, and what a replica more would do."""

    ready: int
    starting: int
    served: float
    """Requests a second that those Ready can serve."""
    replica_throughput: float
    """Requests a second of one busy replica."""
    seconds_to_ready: float
    """Until the replicas under way serve."""
    startup_seconds: float
    """Until a replica that is asked for now serves."""


def drain_floor(
    fleet: Fleet, rate: float, rate_until_ready: float, backlog: float, drain_seconds: float
) -> int:
    """Replicas that clear, in time, the backlog there will be once new pods are Ready.

    Where the replicas under way clear it in time, no more are asked for. Where they do not, those
    that are asked for now meet what is left by then: no backlog is counted twice.

    Args:
        fleet: The replicas.
        rate: Arrivals a second once new pods are Ready.
        rate_until_ready: Mean arrivals a second until then.
        backlog: Requests that wait now.
        drain_seconds: The backlog is to be gone this long after pods are Ready.
    """
    each, total = fleet.replica_throughput, fleet.ready + fleet.starting
    growth = rate_until_ready - fleet.served
    if fleet.starting:
        met = max(0.0, backlog + growth * fleet.seconds_to_ready)
        enough = _clearing_replicas(met, rate, each, drain_seconds)
        if enough <= total:
            return enough
        rest = fleet.startup_seconds - fleet.seconds_to_ready
        left = max(0.0, met + (rate - total * each) * rest)
        return max(total, _clearing_replicas(left, rate, each, drain_seconds))
    left = max(0.0, backlog + growth * fleet.startup_seconds)
    return _clearing_replicas(left, rate, each, drain_seconds)


def _clearing_replicas(backlog: float, rate: float, each: float, drain_seconds: float) -> int:
    if backlog < 1:
        return 0
    return ceil((rate + backlog / drain_seconds) / each - EPSILON)
