"""The Knative Pod Autoscaler, on concurrency.

After knative/serving, pkg/autoscaler/scaling/autoscaler.go and the documented defaults: stable
window 60 s, panic window 10 % of it, panic threshold 200 %, tick 2 s, target utilization 70 % of
the container's concurrency, up to 1,000 times up and to half down in a tick. It collects its own
samples from queue-proxy and activator each second and does not depend on Prometheus; waiting
requests count as concurrency, as they are held in the activator.
"""

import math
from collections import deque
from collections.abc import Iterable
from itertools import islice

from bytebridge.simulation.policies.autoscaler import Setting, Sight

STABLE_WINDOW_SECONDS = 60
PANIC_WINDOW_SECONDS = 6
PANIC_THRESHOLD = 2.0
MAX_SCALE_UP_RATE = 1000.0
MAX_SCALE_DOWN_RATE = 2.0
TARGET_UTILIZATION = 0.7
SAMPLES_A_TICK = 2


class Kpa:
    """One revision's autoscaler: looks each second, decides each second time."""

    interval_seconds = 1.0

    def __init__(self, setting: Setting) -> None:
        self._target = TARGET_UTILIZATION * setting.model.slots
        self._samples: deque[int] = deque(maxlen=STABLE_WINDOW_SECONDS)
        self._looks = 0
        self._panic_since: float | None = None
        self._most_in_panic = 0

    def desired(self, sight: Sight) -> int:
        """Take a sample; at a tick, decide."""
        self._samples.append(sight.in_system)
        self._looks += 1
        if self._looks % SAMPLES_A_TICK:
            return sight.pods.desired
        ready = max(1, sight.pods.ready)
        panic_pods = self._pods(islice(reversed(self._samples), PANIC_WINDOW_SECONDS))
        self._note_panic(sight.now, panic_pods / ready >= PANIC_THRESHOLD)
        stable = self._within_rates(self._pods(self._samples), ready)
        if self._panic_since is None:
            return stable
        panic = self._within_rates(panic_pods, ready)
        self._most_in_panic = max(self._most_in_panic, stable, panic)
        return self._most_in_panic

    def _pods(self, samples: Iterable[int]) -> int:
        taken = list(samples)
        return math.ceil(sum(taken) / len(taken) / self._target)

    @staticmethod
    def _within_rates(pods: int, ready: int) -> int:
        lowest = math.floor(ready / MAX_SCALE_DOWN_RATE)
        return min(max(pods, lowest), math.ceil(ready * MAX_SCALE_UP_RATE))

    def _note_panic(self, now: float, over_threshold: bool) -> None:
        if over_threshold:
            self._panic_since = now
        elif self._panic_since is not None and now - self._panic_since > STABLE_WINDOW_SECONDS:
            self._panic_since, self._most_in_panic = None, 0
