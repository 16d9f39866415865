"""What is known about a service at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FULL_COVERAGE = 0.9
"""Below this share of replicas with fresh series sums are too low to go down by."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Signals that were measured; `None` is unknown and never means zero."""

    requests_per_second: Mapping[float, float] = field(default_factory=dict)
    """Arrival or completion rate by window, window in seconds. An unknown window is absent."""
    completions: bool | None = None
    """Whether these count requests that are completed, or messages that are taken, and not those
    that arrive; `None`: backlogs have to tell."""
    queue_depth: float | None = None
    """Requests or messages that wait."""
    in_flight: float | None = None
    """Requests that are being served, without the waiting."""
    in_flight_p10: float | None = None
    """Requests at a replica that a tenth of the replicas have fewer than.

    The waiting as well, where `in_flight` holds them.
    """
    latency_p95_seconds: float | None = None
    """End to end over 60 s, at the objective's percentile."""
    latency_mean_seconds: float | None = None
    """End to end over 60 s."""
    service_seconds: float | None = None
    """Mean service time without queueing over 60 s."""
    fast_service_seconds: float | None = None
    """The same over the fast window."""
    cpu_utilization: float | None = None
    """Busy over ready capacity, 0 to 1."""
    first_token_seconds: float | None = None
    """Time to first token over 60 s, at the objective's percentile."""
    kv_cache_utilization: float | None = None
    """KV cache in use, 0 to 1, mean of the ready replicas."""
    tokens_per_second: float | None = None
    """Prompt and generated tokens of all replicas, over 60 s."""
    coverage: float | None = None
    """Share of the ready replicas whose series were fresh, 0 to 1; `None` when not known.

    Sums over a part of the replicas are too low, so they are never a reason to scale down.
    """
    shortest_window: float = field(init=False, compare=False, default=0.0)
    """Seconds; 0: no rate is known."""
    shortest_rate: float = field(init=False, compare=False, default=0.0)
    """Over that window."""
    longest_window: float = field(init=False, compare=False, default=0.0)
    """Seconds; 0: no rate is known."""
    longest_rate: float = field(init=False, compare=False, default=0.0)
    """Over that window."""

    def __post_init__(self) -> None:
        """Find the windows once that many rules ask for."""
        rates = self.requests_per_second
        if rates:
            shortest, longest = min(rates), max(rates)
            object.__setattr__(self, "shortest_window", shortest)
            object.__setattr__(self, "shortest_rate", rates[shortest])
            object.__setattr__(self, "longest_window", longest)
            object.__setattr__(self, "longest_rate", rates[longest])

    @property
    def partial(self) -> bool:
        """Whether sums are of a part of the replicas."""
        return self.coverage is not None and self.coverage < FULL_COVERAGE


@dataclass(frozen=True, slots=True)
class Replicas:
    """The target's replicas."""

    desired: int
    """`spec.replicas` of the target."""
    ready: int
    starting: int = 0
    """Created or asked for, not Ready yet."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that one decision looks at."""

    time: float
    """Seconds on the caller's clock; the core has none of its own."""
    readings: Readings
    replicas: Replicas
    startup_seconds: float | None = None
    """Measured 90th percentile of a pod's time from creation to Ready; `None` until measured."""
    unix_time: float | None = None
    """Wall time, seconds since 1970, for schedules; `None`: unknown."""
    template_hash: str | None = None
    """Identity of the pod template: what was learned is forgotten when it changes."""
