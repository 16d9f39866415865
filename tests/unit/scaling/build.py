"""Short ways to write policies and observations in tables."""

from collections import deque
from dataclasses import replace
from typing import Any

from bytebridge.scaling.dispersion import MEDIAN_OF_SQUARE, RECENT, Dispersion
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.state import State

POLICY = Policy(
    min_replicas=2,
    max_replicas=100,
    latency_seconds=0.2,
    percentile=0.95,
    depth_per_replica=None,
    drain_seconds=None,
    concurrency_per_replica=4,
    target_utilization=0.75,
    hold_seconds=180,
    max_step_up=None,
    max_step_down=0.5,
    startup_seconds=30,
    fallback_after_seconds=120,
    fallback_replicas=None,
    tick_seconds=5,
)


def policy(**changes: Any) -> Policy:
    return replace(POLICY, **changes)


def watched(**known: Any) -> State:
    """The memory of a service whose arrivals are known to be Poisson."""
    squares = deque([MEDIAN_OF_SQUARE] * RECENT, maxlen=RECENT)
    return State(dispersion=Dispersion(squares=squares), **known)


def seen(
    time: float = 0.0,
    *,
    fast: float | None = None,
    slow: float | None = None,
    desired: int = 2,
    ready: int | None = None,
    starting: int = 0,
    **readings: Any,
) -> Observation:
    rates = {15.0: fast, 60.0: slow if slow is not None else fast}
    known = {window: rate for window, rate in rates.items() if rate is not None}
    readings.setdefault("service_seconds", 0.06)
    return Observation(
        time=time,
        readings=Readings(requests_per_second=known, **readings),
        replicas=Replicas(desired, desired if ready is None else ready, starting),
    )


def batches(each: float) -> float:
    """Steps of a batch of n take 1 + n/16 as long as of one: S = 4 / (1 - x/4)."""
    return 4 / (1 - each / 4)
