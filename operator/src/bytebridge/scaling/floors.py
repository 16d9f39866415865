"""What each rule asks for, in replicas. Every rule is one function of plain figures."""

from math import ceil, exp, sqrt

from bytebridge.scaling.queueing import slots_for_tail

BURST_SIGMAS = 1.0
SERVICE_TAIL = 2.3
"""95th percentile of a service time in means, lognormal with Cs2 = 0.5 (2.24) rounded up."""
SHORTEST_PATIENCE = 0.2
"""Least share of the objective left for waiting, when service alone takes nearly all of it."""
EPSILON = 1e-9


def utilization_floor(offered_load: float, slots: float, target: float) -> int:
    """Replicas with which at most `target` of the slots are busy on average."""
    return ceil(offered_load / (slots * target) - EPSILON)


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


def burst_floor(offered_load: float, slots: float, dispersion: float) -> int:
    """Replicas that stand ready for bursts which are over before a pod can start.

    Square-root staffing, a + z sqrt(a I), with the index of dispersion I in place of Poisson's 1.
    Source: S. Halfin and W. Whitt, Operations Research 29, 1981; R. Gusella, IEEE JSAC 9, 1991.
    """
    margin = BURST_SIGMAS * sqrt(offered_load * max(dispersion, 1.0))
    return ceil((offered_load + margin) / slots - EPSILON)


def drain_floor(
    *, rate: float, backlog: float, ready_throughput: float, replica_throughput: float,
    seconds_to_ready: float, drain_seconds: float,
) -> int:  # fmt: skip
    """Replicas that clear, in time, the backlog there will be once new pods are Ready.

    Args:
        rate: Arrivals a second.
        backlog: Requests that wait now.
        ready_throughput: Requests a second of the replicas that are Ready now.
        replica_throughput: Requests a second of one replica.
        seconds_to_ready: Until the next pods are Ready; capacity under way is thereby counted
            once, as time, and the backlog that it will meet once, as growth until then.
        drain_seconds: The backlog is to be gone this long after.
    """
    later = max(0.0, backlog + (rate - ready_throughput) * seconds_to_ready)
    if later < 1:
        return 0
    return ceil((rate + later / drain_seconds) / replica_throughput - EPSILON)


def smoothed_dispersion(
    previous: float, rate: float, mean: float, window: float, age: float
) -> float:
    """Index of dispersion of the arrivals, exponentially forgotten over ten minutes.

    Args:
        previous: Estimate so far.
        rate: Of the fast window, a second.
        mean: Of the slow window, a second.
        window: Fast window, seconds.
        age: Seconds since the last update.
    """
    if mean <= 0:
        return previous
    sample = (rate - mean) ** 2 * window / mean
    weight = 1 - exp(-age / 600)
    return previous + weight * (min(sample, 16.0) - previous)
