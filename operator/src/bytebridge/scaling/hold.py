"""Going down only to the largest need of the recent past."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class HoldWindow:
    """Running maximum over a sliding window (monotonic queue, O(1) amortised)."""

    _needs: deque[tuple[float, int]] = field(default_factory=deque)

    @property
    def empty(self) -> bool:
        """Nothing is remembered."""
        return not self._needs

    def add(self, time: float, replicas: int) -> None:
        """Remember what was needed at a moment."""
        while self._needs and self._needs[-1][1] <= replicas:
            self._needs.pop()
        self._needs.append((time, replicas))

    def largest(self, time: float, hold_seconds: float) -> int:
        """The largest need since `time - hold_seconds`; 0 when there is none."""
        while self._needs and self._needs[0][0] < time - hold_seconds:
            self._needs.popleft()
        return self._needs[0][1] if self._needs else 0
