"""Whether a reading tells anything new.

Where scrapes are further apart than decisions, queries answer between two of them what they
answered before. Taken for readings of their own, those would say that the load stands still, and
then that it jumps.
"""

from math import isclose
from typing import NamedTuple

from bytebridge.scaling.demand import Demand
from bytebridge.scaling.observation import Observation, Readings

ROUNDING = 1e-9
"""Relative: what PromQL extrapolates to the same figure depends on the moment by no more."""


class Reading(NamedTuple):
    """The last one that told something."""

    time: float
    readings: Readings
    demand: Demand


def repeated_demand(last: Reading | None, observation: Observation) -> Demand | None:
    """What the last reading told, where this one is the same; `None`: this one tells something new.

    A load may be just as steady, so nothing counts as repeated for longer than the fast window, in
    which there are two scrapes at the least. Nor does a service without requests: it is the same
    at every scrape.

    Args:
        last: `None`: there was none.
        observation: Present signals.
    """
    if last is None or not _same(last.readings, observation.readings):
        return None
    age = observation.time - last.time
    if not 0 < age < last.demand.fast_seconds:
        return None
    return last.demand._replace(age_seconds=age)


def _same(before: Readings, now: Readings) -> bool:
    """By the shortest window and the gauges: longer windows creep where pods are new in them."""
    shortest = now.shortest_window
    rate, rate_before = now.shortest_rate, before.requests_per_second.get(shortest)
    return (
        bool(rate)
        and _equal(rate_before, rate)
        and _equal(before.queue_depth, now.queue_depth)
        and _equal(before.in_flight, now.in_flight)
    )


def _equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=ROUNDING)
