"""The HPA's rules on how fast: stabilization windows and scaling policies, with their defaults.

After kubernetes/pkg/controller/podautoscaler/horizontal.go, normalizeDesiredReplicasWithBehaviors:
up at once, by at most 100 % or 4 pods in 15 s, whichever is more; down to the largest
recommendation of the last 300 s, without a limit on the rate. The replicas that an HPA finds count
as its first recommendation. It never goes below one replica.
"""

import math
from dataclasses import dataclass, field

SYNC_SECONDS = 15.0
UP_PERIOD_SECONDS = 15.0
UP_FACTOR = 2.0
UP_PODS = 4
DOWN_WINDOW_SECONDS = 300.0


@dataclass(slots=True)
class Behavior:
    """What one HPA remembers of its recommendations and of what it has added."""

    down_window_seconds: float = DOWN_WINDOW_SECONDS
    """`scaleDown.stabilizationWindowSeconds`."""
    _recommendations: list[tuple[float, int]] = field(default_factory=list)
    _changes: list[tuple[float, int]] = field(default_factory=list)

    def settle(self, now: float, current: int, recommended: int) -> int:
        """Turn a recommendation into the number of replicas that is set.

        Args:
            now: Seconds.
            current: Replicas set at present.
            recommended: What the metric asks for.
        """
        replicas = self._stabilized(now, current, max(1, recommended))
        if replicas > current:
            replicas = max(current, min(replicas, self._most(now, current)))
        if replicas != current:
            self._changes.append((now, replicas - current))
        return replicas

    def _stabilized(self, now: float, current: int, recommended: int) -> int:
        if not self._recommendations:
            self._recommendations.append((now, current))
        recent = [(t, r) for t, r in self._recommendations if t > now - self.down_window_seconds]
        recent.append((now, recommended))
        self._recommendations = recent
        return max(recommended, min(current, max(r for _, r in recent)))

    def _most(self, now: float, current: int) -> int:
        self._changes = [(t, c) for t, c in self._changes if t > now - UP_PERIOD_SECONDS]
        at_period_start = current - sum(change for _, change in self._changes)
        return max(at_period_start + UP_PODS, math.ceil(at_period_start * UP_FACTOR))
