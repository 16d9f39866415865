"""How long the Ready replicas have been as many: what a window says is of others before."""

from dataclasses import dataclass
from math import inf

NEARLY = 0.1
"""Share by which replicas may differ and are as many still, for what is told by each of them."""


@dataclass(slots=True)
class FleetSize:
    """Memory of one service."""

    ready: int = 0
    changed_since: float = -inf
    """When replicas last became Ready or went; those of the first look may have come just then."""
    seen_to_change_at: float = -inf
    """The same; those of the first look may have been there for long."""
    fewer_since: float = -inf
    """When replicas last went."""
    nearly: int = 0
    """Replicas that stand, but for a few."""
    nearly_since: float = -inf
    _looked: bool = False

    def observe(self, time: float, ready: int) -> None:
        """Remember when it changed.

        Args:
            time: Of the observation, seconds.
            ready: Replicas that are Ready.
        """
        looked, self._looked = self._looked, True
        if ready == self.ready:
            return
        if looked:
            self.seen_to_change_at = time
        if ready < self.ready:
            self.fewer_since = time
        self.ready, self.changed_since = ready, time
        if abs(ready - self.nearly) > NEARLY * self.nearly:
            self.nearly, self.nearly_since = ready, time
