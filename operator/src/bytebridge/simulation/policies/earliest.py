"""Everything there may be from the first sample that shows a rise: what cannot be had at any price.

No autoscaler that reads these samples, has the usual replicas standing before and is not told what
is to come puts fewer requests over the objective.
"""

import math
from collections import deque

from bytebridge.simulation.policies.autoscaler import Setting, Sight
from bytebridge.simulation.policies.fixed import TARGET_UTILIZATION

RISE = 1.1
"""Times the least load of `RECENT_SECONDS` that is a rise."""
RECENT_SECONDS = 300.0


class Earliest:
    """Knows the load of each second up to the newest sample, without noise, and none after it."""

    def __init__(self, setting: Setting) -> None:
        self.interval_seconds = setting.tick_seconds
        self._model, self._rates = setting.model, setting.workload.rates
        crowd = self._model.database_replicas if self._model.idle_replicas_count else None
        self._most = crowd or setting.service.spec.scaling.max_replicas
        self._loads: deque[tuple[float, float]] = deque()
        self._rising_until = 0.0

    def desired(self, sight: Sight) -> int:
        """All, from a rise until its backlog has gone; else what is 70 % busy."""
        sample = sight.prometheus.latest(sight.now)
        if sample is None:
            return sight.pods.desired
        load = self._offered_load(int(sample.time))
        if load > RISE * self._least_recent(sight.now, load):
            self._rising_until = sight.now + sight.startup_seconds + self.interval_seconds
        waiting = sight.in_system > sight.pods.ready * self._model.slots
        if waiting and sight.pods.desired == self._most:
            return self._most
        if sight.now < self._rising_until:
            return self._most
        return math.ceil(load / self._model.slots / TARGET_UTILIZATION)

    def _offered_load(self, second: int) -> float:
        rate = self._rates[min(second, len(self._rates) - 1)]
        return rate * self._model.service_seconds_at(second)

    def _least_recent(self, now: float, load: float) -> float:
        self._loads.append((now, load))
        while self._loads[0][0] < now - RECENT_SECONDS:
            self._loads.popleft()
        return min(load for _, load in self._loads)
