"""The pods: created, Ready after a while, stopped gracefully."""

from dataclasses import dataclass
from random import Random

STARTUP_SPREAD = 0.1
"""A pod's start-up time lies within this share of the mean."""


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods at one moment."""

    desired: int
    ready_since: tuple[float, ...]
    """When each Ready pod became so, oldest first, in seconds of the run."""
    starting: int

    @property
    def ready(self) -> int:
        """Pods that are Ready."""
        return len(self.ready_since)


class Fleet:
    """Pods of one Deployment.

    As a ReplicaSet does, it stops pods that are not Ready before Ready ones, and young ones before
    old ones. A pod costs from its creation to its deletion.
    """

    def __init__(self, initial: int, startup_seconds: float, random: Random) -> None:
        self._startup_seconds = startup_seconds
        self._random = random
        self._ready: list[float] = [-600.0] * initial
        self._starting: list[float] = []
        self._counted_until = 0.0
        self.desired = initial
        self.pod_seconds = 0.0
        self.startups = [self._draw_startup() for _ in range(initial)]
        """Seconds from creation to Ready of all pods so far."""

    @property
    def pods(self) -> Pods:
        """The pods now."""
        return Pods(self.desired, tuple(self._ready), len(self._starting))

    @property
    def next_ready(self) -> float:
        """When the next pod becomes Ready; infinite when none is starting."""
        return min(self._starting, default=float("inf"))

    def start_ready(self, now: float) -> int:
        """Let the pods whose time has come become Ready.

        Returns:
            How many they are.
        """
        due = sum(t <= now for t in self._starting)
        self._starting = [t for t in self._starting if t > now]
        self._ready += [now] * due
        return due

    def scale(self, replicas: int, now: float) -> int:
        """Create or stop pods so that there are `replicas`.

        Returns:
            How many Ready pods stop.
        """
        self.count_cost(now)
        self.desired = replicas
        surplus = len(self._ready) + len(self._starting) - replicas
        if surplus <= 0:
            self._create(-surplus, now)
            return 0
        self._starting.sort()
        cancelled = min(surplus, len(self._starting))
        del self._starting[len(self._starting) - cancelled :]
        stopped = surplus - cancelled
        del self._ready[len(self._ready) - stopped :]
        return stopped

    def count_cost(self, now: float) -> None:
        """Add the pod-seconds since the last count."""
        alive = len(self._ready) + len(self._starting)
        self.pod_seconds += alive * (now - self._counted_until)
        self._counted_until = now

    def _create(self, count: int, now: float) -> None:
        for _ in range(count):
            startup = self._draw_startup()
            self.startups.append(startup)
            self._starting.append(now + startup)

    def _draw_startup(self) -> float:
        spread = self._random.uniform(1 - STARTUP_SPREAD, 1 + STARTUP_SPREAD)
        return self._startup_seconds * spread
