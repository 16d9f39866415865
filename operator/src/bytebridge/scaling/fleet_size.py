"""How long the Ready replicas have been as many: what a window says is of others before."""

from dataclasses import dataclass
from math import inf


@dataclass(slots=True)
class FleetSize:
    """Memory of one service."""

    ready: int = 0
    changed_since: float = -inf
    """When replicas last became Ready or went."""
    fewer_since: float = -inf
    """When replicas last went."""

    def observe(self, time: float, ready: int) -> None:
        """Remember when it changed.

        Args:
            time: Of the observation, seconds.
            ready: Replicas that are Ready.
        """
        if ready == self.ready:
            return
        if ready < self.ready:
            self.fewer_since = time
        self.ready, self.changed_since = ready, time
