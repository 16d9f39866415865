"""Waiting in a service with several slots."""

from math import ceil, exp, sqrt

LEAST_VARIABILITY = 0.05
ROOTS = 4.0
"""Square roots of the load below it from which on Erlang's recursion is computed."""
LARGE_LOAD = 2_000.0
"""Busy slots beyond which Erlang's recursion gives way to its limit, square-root staffing."""


def erlang_c(slots: int, offered_load: float) -> float:
    """Probability that an arriving request has to wait in M/M/c.

    Source: A. K. Erlang, 1917; computed by the stable recursion of Erlang B, L. Kleinrock,
    Queueing Systems I, 1975, section 3.5.

    Args:
        slots: Requests that can be served at once, c.
        offered_load: Arrival rate x service time, in busy slots, a.
    """
    if offered_load <= 0:
        return 0.0
    if offered_load >= slots:
        return 1.0
    inverse = 1.0
    for count in range(1, slots + 1):
        inverse = 1.0 + inverse * count / offered_load
    blocking = 1.0 / inverse
    utilization = offered_load / slots
    return blocking / (1.0 - utilization * (1.0 - blocking))


def waiting_tail(slots: int, offered_load: float, patience: float, variability: float) -> float:
    """Probability that a request waits longer than `patience` in G/G/c.

    M/M/c's exponential tail with its rate divided by the Allen-Cunneen factor (Ca2 + Cs2) / 2.
    Source: A. O. Allen, Probability, Statistics and Queueing Theory, 1978, section 5.3.4.

    Args:
        slots: Requests that can be served at once.
        offered_load: In busy slots.
        patience: In mean service times.
        variability: (Ca2 + Cs2) / 2, squared coefficients of variation of arrivals and service.
    """
    if offered_load >= slots:
        return 1.0
    rate = (slots - offered_load) / max(variability, LEAST_VARIABILITY)
    return erlang_c(slots, offered_load) * exp(-rate * patience)


def slots_for_tail(
    offered_load: float, patience: float, probability: float, variability: float
) -> int:
    """Smallest number of slots with which at most `probability` wait longer than `patience`.

    Units as in `waiting_tail`. The search starts at the stability limit; the answer lies within a
    few square roots of the load (S. Halfin and W. Whitt, Operations Research 29, 1981).
    """
    if offered_load <= 0:
        return 0
    if offered_load > LARGE_LOAD:
        return ceil(offered_load + 2 * sqrt(offered_load))
    # Erlang's recursion, of the inverse of the blocking probability, from its fluid limit on: a
    # step multiplies the error by slots / load, and e^(-ROOTS^2 / 2) of it is left at the load.
    begin = max(0, int(offered_load - ROOTS * sqrt(offered_load)))
    inverse = offered_load / (offered_load - begin)
    stable = int(offered_load) + 1
    for slots in range(begin + 1, stable):
        inverse = 1.0 + inverse * slots / offered_load
    decay = patience / max(variability, LEAST_VARIABILITY)
    slots = stable - 1
    while True:
        slots += 1
        inverse = 1.0 + inverse * slots / offered_load
        spare = slots - offered_load
        waits = slots / (offered_load + inverse * spare)
        if waits * exp(-spare * decay) <= probability:
            return slots
