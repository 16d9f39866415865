"""Replicas that are to show what one with less to do can, where nothing else tells what would help.

The latency floor leaves for waiting what service leaves of the objective. Where service alone takes
longer than it may there is nothing left, and no formula of queues tells a service that is slow from
replicas that have too much to do. Another load tells (`slowdown`), and a service that was full from
its first minute never shows one by itself.
"""

from dataclasses import dataclass
from math import ceil, inf, isinf, sqrt

from bytebridge.scaling.demand import SIGMAS, Demand
from bytebridge.scaling.floors import SERVICE_TAIL
from bytebridge.scaling.needs import Needs
from bytebridge.scaling.observation import Observation, Readings
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.slowdown import COUNTED_REQUESTS, LEAST_RANGE, Slowdown, fitted_line

LIGHTER = 1.25
"""Times the replicas that have the lowest load seen: with them it is another one."""
MUCH_LIGHTER = 2.0
"""Times those: no more are kept to see what one with less to do can."""
LONGEST_SECONDS = 120.0
"""After those that are asked for have come."""


@dataclass(slots=True)
class Trial:
    """Memory of one service; of one pod template."""

    late_since: float | None = None
    """Since when requests take longer than they may, by service alone."""
    lowest: float = inf
    """Requests a second of one replica: the lowest load that was known then."""


def trial_floor(
    memory: Trial,
    slowdown: Slowdown,
    observation: Observation,
    rate: float,
    objective: float,
    startup_seconds: float,
) -> int:
    """Replicas with which one has clearly less to do than was ever seen; 0: nothing to find out.

    Those that stand are kept for it, and where they are not enough a few more are asked for; not
    for ever, and not again once loads that differ were seen.

    Args:
        memory: Of this service; updated.
        slowdown: What is known of loads.
        observation: What is known now.
        rate: Arrivals a second.
        objective: For the latency, seconds.
        startup_seconds: Of a replica that is asked for now.
    """
    readings, time = observation.readings, observation.time
    service, latency = readings.service_seconds, readings.latency_p95_seconds
    if not service or latency is None:
        return 0
    if latency <= objective or SERVICE_TAIL * service <= objective * _by_chance(readings):
        memory.late_since, memory.lowest = None, inf
        return 0
    if memory.late_since is None:
        memory.late_since = time
    over = time - memory.late_since > startup_seconds + LONGEST_SECONDS
    if over or not slowdown.speeds or _tried(slowdown):
        return 0
    if rate > LEAST_RANGE * _lightest_known(slowdown) * observation.replicas.ready:
        return 0  # What comes now is another load by itself.
    if isinf(memory.lowest):  # A lighter one that is seen later is the trial's own.
        memory.lowest = min(seen.each for seen in slowdown.speeds.values())
    replicas = observation.replicas
    lowest = max(memory.lowest, rate / (MUCH_LIGHTER * max(1, replicas.ready)))
    kept = min(replicas.desired, ceil(MUCH_LIGHTER * rate / lowest))
    return max(kept, ceil(LIGHTER * rate / lowest))


def _by_chance(readings: Readings) -> float:
    """Times its mean that a mean of n service times may be: n are those of the slow window.

    Of twelve requests in a minute one alone can make it look as if service took too long.
    """
    requests = readings.longest_rate * readings.longest_window
    return 1 + SIGMAS / sqrt(max(requests, 1.0))


def with_trial(
    policy: Policy,
    memory: Trial,
    slowdown: Slowdown,
    observation: Observation,
    demand: Demand | None,
    needs: Needs,
) -> Needs:
    """With the floor of a trial, where a latency objective may ask for one.

    Args:
        policy: The compiled spec.
        memory: Of this service; updated.
        slowdown: What is known of loads.
        observation: What is known now.
        demand: `None`: unknown.
        needs: All that the load asks for.
    """
    objective, startup_seconds = policy.latency_seconds, needs.startup_seconds
    if objective is None or demand is None:
        return needs
    floor = trial_floor(memory, slowdown, observation, demand.rate, objective, startup_seconds)
    return needs._replace(floors={**needs.floors, "trial": floor}) if floor else needs


def _lightest_known(slowdown: Slowdown) -> float:
    """Requests a second of one replica, of the lightest loads that were seen for long enough."""
    requests = 0.0
    for seen in sorted(slowdown.speeds.values()):
        requests += seen.requests
        if requests >= COUNTED_REQUESTS:
            return seen.each
    return inf


def _tried(slowdown: Slowdown) -> bool:
    """Whether it is known that load makes requests slower, or that it does not."""
    if slowdown.idle_seconds is not None:
        return True
    line = fitted_line(slowdown)
    return line is not None and (line.certain or line.refuted)
