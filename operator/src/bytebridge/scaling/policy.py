"""What a decision needs to know of the spec, compiled once a generation."""

from dataclasses import dataclass

from bytebridge.api.annotations import manual_floor
from bytebridge.api.service import ScalableService
from bytebridge.scaling.observation import Readings
from bytebridge.scaling.schedule import Window, compile_window
from bytebridge.scaling.seasonal import DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Policy:
    """The scaling part of a spec in the units that the rules compute in."""

    min_replicas: int
    max_replicas: int
    latency_seconds: float | None
    """Objective; `None` when only a queue objective is set."""
    percentile: float
    """0 to 1."""
    depth_per_replica: float | None
    drain_seconds: float | None
    concurrency_per_replica: float | None
    """`None`: learned."""
    target_utilization: float
    """0 to 1."""
    hold_seconds: float
    """At least."""
    max_step_up: float | None
    """Share of the present replicas."""
    max_step_down: float
    """Share of the present replicas."""
    startup_seconds: float
    """Assumed until measured."""
    fallback_after_seconds: float
    fallback_replicas: int | None
    tick_seconds: float
    holds_startup: bool = False
    """Needs are held for as long as pods take to start, where that is longer."""
    max_step_up_replicas: int | None = None
    max_step_down_replicas: int | None = None
    step_up_period_seconds: float = 0.0
    """The limits of steps hold within this time; 0: for one decision."""
    step_down_period_seconds: float = 0.0
    standby_seconds: float = 0.0
    """0: no warm standby."""
    standby_share: float = 0.5
    """Of the largest need within that time."""
    headroom: float = 0.0
    """Share of the present load for which capacity stands ready beside it."""
    schedule: tuple[Window, ...] = ()
    manual_floor: int | None = None
    """Of the annotation; `None` also while it cannot be read."""
    first_token_seconds: float | None = None
    """Objective for the time to first token, at `percentile`."""
    kv_cache_target: float | None = None
    """Share of the KV cache that may be in use, 0 to 1."""
    limits_tokens: bool = False
    """Tokens a second are a floor."""
    tokens_per_second: float | None = None
    """Of one busy replica; `None`: learned."""
    day_seconds: float = DAY_SECONDS
    """Length of the season; a week is seven. Replays may run a shorter day."""

    @property
    def interactive(self) -> bool:
        """Somebody waits for each answer: bursts and forecasts count, and backlogs are urgent."""
        return self.latency_seconds is not None or self.first_token_seconds is not None

    def lateness(self, readings: Readings) -> float | None:
        """Times its objective that what somebody waits for takes; `None`: nobody knows or asks."""
        latency, first_token = readings.latency_p95_seconds, readings.first_token_seconds
        known = None
        if self.latency_seconds is not None and latency is not None:
            known = latency / self.latency_seconds
        if self.first_token_seconds is not None and first_token is not None:
            known = max(known or 0.0, first_token / self.first_token_seconds)
        return known

    @property
    def has_queue(self) -> bool:
        """What waits has an objective of its own."""
        return self.depth_per_replica is not None or self.drain_seconds is not None

    @property
    def generates_text(self) -> bool:
        """Any floor of an LLM server is asked for."""
        return (
            self.first_token_seconds is not None
            or self.kv_cache_target is not None
            or self.limits_tokens
        )

    @property
    def own_signals(self) -> frozenset[str]:
        """Fields of `Readings` that only these floors need."""
        asked = {
            "first_token_seconds": self.first_token_seconds is not None,
            "kv_cache_utilization": self.kv_cache_target is not None,
            "tokens_per_second": self.limits_tokens,
        }
        return frozenset(field for field, wanted in asked.items() if wanted)

    @property
    def depth_suffices(self) -> bool:
        """Messages a replica are the only objective: rate and capacity need not be known."""
        return self.depth_per_replica is not None and not self.interactive


DEFAULT_STARTUP_SECONDS = 30.0


def compile_policy(service: ScalableService, tick_seconds: float) -> Policy:
    """Take from a service what decisions need.

    Args:
        service: A valid service.
        tick_seconds: Time between two decisions.
    """
    scaling = service.spec.scaling
    up, down = scaling.scale_up, scaling.scale_down
    first_token = scaling.objective and scaling.objective.time_to_first_token_milliseconds
    objective, queue = scaling.objective, scaling.queue
    return Policy(
        min_replicas=scaling.min_replicas,
        max_replicas=scaling.max_replicas,
        latency_seconds=scaling.latency_seconds,
        percentile=objective.percentile / 100 if objective else 0.95,
        depth_per_replica=queue.depth_per_replica if queue else None,
        drain_seconds=queue.drain_seconds if queue else None,
        concurrency_per_replica=scaling.concurrency_per_replica,
        target_utilization=scaling.target_utilization_percent / 100,
        hold_seconds=down.least_hold_seconds,
        holds_startup=down.hold_seconds is None,
        max_step_up=up.max_step_percent / 100 if up.max_step_percent else None,
        max_step_down=down.max_step_percent / 100,
        startup_seconds=scaling.startup_seconds or DEFAULT_STARTUP_SECONDS,
        fallback_after_seconds=scaling.fallback_after_seconds,
        fallback_replicas=scaling.fallback_replicas,
        tick_seconds=tick_seconds,
        max_step_up_replicas=up.max_step_replicas,
        max_step_down_replicas=down.max_step_replicas,
        step_up_period_seconds=up.period_seconds or 0.0,
        step_down_period_seconds=down.period_seconds or 0.0,
        standby_seconds=down.standby_seconds,
        standby_share=down.standby_percent / 100,
        headroom=scaling.headroom_percent / 100,
        schedule=tuple(compile_window(window) for window in scaling.schedule),
        manual_floor=_manual_floor(service),
        first_token_seconds=first_token / 1000 if first_token else None,
        kv_cache_target=scaling.kv_cache.target_utilization_percent / 100
        if scaling.kv_cache
        else None,
        limits_tokens=scaling.tokens is not None,
        tokens_per_second=scaling.tokens.per_second_per_replica if scaling.tokens else None,
    )


def _manual_floor(service: ScalableService) -> int | None:
    """Who reads the annotation reports what is wrong with it; a decision goes on without."""
    try:
        return manual_floor(service.metadata.annotations)
    except ValueError:
        return None
