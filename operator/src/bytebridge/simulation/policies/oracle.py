"""The clairvoyant: knows the load to come and asks for the fewest replicas that can serve it.

No autoscaler can do better at its cost; the others' replica-hours are given relative to its own.
"""

import math
from functools import lru_cache
from statistics import NormalDist

from bytebridge.simulation.policies.autoscaler import Setting, Sight
from bytebridge.simulation.service_model import ServiceModel

QUANTILES = 200
BUDGET_SHARE = 0.4
"""Share of the requests allowed over the objective that steady load may use; the rest is for the
seconds after a change, for which the steady formula says too little."""


def erlang_c(slots: int, offered_load: float) -> float:
    """Probability that a request has to wait in M/M/c (Erlang 1917).

    Args:
        slots: Servers c.
        offered_load: Arrival rate times mean service time, in busy slots; below `slots`.
    """
    blocking = 1.0
    for count in range(1, slots + 1):
        blocking = offered_load * blocking / (count + offered_load * blocking)
    utilization = offered_load / slots
    return blocking / (1 - utilization + utilization * blocking)


@lru_cache(maxsize=8)
def _service_quantiles(mean: float, variability: float) -> tuple[float, ...]:
    if variability == 0:
        return (mean,)
    sigma = math.sqrt(math.log1p(variability))
    mu = math.log(mean) - sigma * sigma / 2
    normal = NormalDist(mu, sigma)
    return tuple(math.exp(normal.inv_cdf((i + 0.5) / QUANTILES)) for i in range(QUANTILES))


def share_over(limit: float, rate: float, slots: int, service: float, variability: float) -> float:
    """Share of requests that take longer than `limit` in a steady M/G/c queue.

    The wait of those that wait is taken as exponential with the mean of Allen and Cunneen (1978),
    which is exact for M/M/c.

    Args:
        limit: Seconds end to end.
        rate: Requests a second.
        slots: Servers.
        service: Mean service time, seconds.
        variability: Squared coefficient of variation of the service time.
    """
    offered_load = rate * service
    if slots <= offered_load:
        return 1.0
    waits = erlang_c(slots, offered_load)
    decay = (slots - offered_load) / service * 2 / (1 + variability)
    quantiles = _service_quantiles(service, variability)
    over = (1.0 if s >= limit else waits * math.exp(-decay * (limit - s)) for s in quantiles)
    return sum(over) / len(quantiles)


class Oracle:
    """Replicas for the load of each second, asked for one start-up time ahead."""

    interval_seconds = 1.0

    def __init__(self, setting: Setting) -> None:
        self._plan = self._replicas_by_second(setting)
        self._lead = math.ceil(setting.model.startup_seconds * 1.1) + 1

    def desired(self, sight: Sight) -> int:
        """The most that is needed from now until a pod asked for now would be Ready."""
        now = int(sight.now)
        ahead = self._plan[now : now + self._lead]
        return max(ahead, default=sight.pods.desired)

    @staticmethod
    def _replicas_by_second(setting: Setting) -> list[int]:
        model, objective = setting.model, setting.service.spec.scaling.objective
        limit = setting.service.spec.scaling.latency_seconds or 2 * model.service_seconds
        allowed = BUDGET_SHARE * (1 - (objective.percentile if objective else 95) / 100)
        return [
            _fewest(round(rate, 1), model.service_seconds_at(second), limit, allowed, model)
            for second, rate in enumerate(setting.workload.rates)
        ]


@lru_cache(maxsize=100_000)
def _fewest(rate: float, service: float, limit: float, allowed: float, model: ServiceModel) -> int:
    offered_load = rate * service
    replicas = max(1, math.ceil(offered_load / model.slots))
    most = model.database_replicas or math.inf
    while replicas < most:
        over = share_over(limit, rate, replicas * model.slots, service, model.variability)
        unavoidable = share_over(limit, 0.0, 1, service, model.variability)
        if over <= max(allowed, 1.02 * unavoidable):
            break
        replicas += 1
    return replicas
