"""The load of the demo: the trace's ups and downs, at its usual level and at ten times it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from bytebridge.demo.trace import WINDOW_SECONDS


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time with one level of load."""

    name: str
    seconds: float
    level: float
    """Times the usual load."""


PHASES = (Phase("usual", 60, 1), Phase("surge", 150, 10), Phase("usual again", 60, 1))
USUAL_REQUESTS_PER_SECOND = 100.0
"""What two replicas of the synthetic service carry at three quarters of their slots."""


@dataclass(frozen=True, slots=True)
class Load:
    """Requests a second over the demo's time.

    Attributes:
        intensity: How busy each window of the trace was, 1 is the mean; begins anew when it ends.
        phases: Levels, one after the other.
        usual: Requests a second at level 1.
        window_seconds: Length of a window of the trace, which is replayed at its own pace.
    """

    intensity: Sequence[float]
    phases: Sequence[Phase] = PHASES
    usual: float = USUAL_REQUESTS_PER_SECOND
    window_seconds: float = WINDOW_SECONDS

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def highest_rate(self) -> float:
        """No moment has more requests a second than this."""
        return self.usual * max(self.intensity) * max(phase.level for phase in self.phases)

    def phase(self, time: float) -> Phase:
        """The phase at a moment; before the start the first, after the end the last."""
        ends = accumulate(phase.seconds for phase in self.phases)
        return next(
            (phase for phase, end in zip(self.phases, ends, strict=True) if time < end),
            self.phases[-1],
        )

    def starts_of(self, name: str) -> float:
        """Seconds at which the phase of this name begins.

        Raises:
            ValueError: There is no such phase.
        """
        start = 0.0
        for phase in self.phases:
            if phase.name == name:
                return start
            start += phase.seconds
        raise ValueError(f"phase {name!r}: expected one of {[p.name for p in self.phases]}")

    def rate(self, time: float) -> float:
        """Expected requests a second at a moment, straight lines between the windows' middles."""
        position = time / self.window_seconds - 0.5
        left = int(position // 1)
        share = position - left
        count = len(self.intensity)
        around = (self.intensity[left % count], self.intensity[(left + 1) % count])
        return self.usual * self.phase(time).level * (around[0] + share * (around[1] - around[0]))


class Arrivals:
    """Requests at random moments (a Poisson process whose rate is the load's); the same for a seed.

    Drawn by thinning: P. Lewis and G. Shedler, Naval Research Logistics 26, 1979.
    """

    def __init__(self, load: Load, seed: int) -> None:
        self._load = load
        self._random = Random(seed)  # noqa: S311 - a simulation's randomness, not a secret's
        self._next = self._draw(0.0)

    def until(self, time: float) -> list[float]:
        """Moments of the requests since the last call, up to and without `time`, in order."""
        moments = []
        while self._next < time:
            moments.append(self._next)
            self._next = self._draw(self._next)
        return moments

    def _draw(self, after: float) -> float:
        highest = self._load.highest_rate
        moment = after
        while moment < self._load.seconds:
            moment += self._random.expovariate(highest)
            if self._random.random() * highest <= self._load.rate(moment):
                return moment
        return float("inf")
