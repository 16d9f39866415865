"""Floors of servers that generate text: time to first token, KV cache, tokens a second.

Requests of an LLM differ by orders of magnitude in work, so their number says less than what they
occupy. Sources of the figures: W. Kwon et al., "Efficient Memory Management for Large Language
Model Serving with PagedAttention", SOSP 2023 (the KV cache bounds the batch, and a full one makes
requests wait); A. Agrawal et al., "Taming Throughput-Latency Tradeoff in LLM Inference with
Sarathi-Serve", OSDI 2024 (prompt and generated tokens share one budget).
"""

from dataclasses import dataclass
from math import ceil, exp, inf, sqrt

from bytebridge.scaling.capacity import (
    LEARNING_RATE,
    SATURATED_BACKLOG,
    STEADY_SHARE,
    Capacity,
    steady,
)
from bytebridge.scaling.demand import SIGMAS
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.needs import Needs
from bytebridge.scaling.observation import Observation, Readings
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.queueing import slots_for_tail
from bytebridge.scaling.sustained import SURGE_SHOWS_SECONDS

WINDOW_SECONDS = 60.0
"""Of the measured figures: before, they mix two sizes of the fleet."""
WAITING_SHARE = 0.5
"""Of the time to first token that may pass in the queue; the prompt takes the rest."""
MOST_CORRECTION = 2.0
"""One measurement at most halves what a replica is taken to sustain: waiting grows faster than
load."""
FORGETTING_SECONDS = 86_400.0
"""A replica is taken to sustain more again by a factor of e in this time, so that what was learned
of long prompts does not hold for ever."""
USELESS_SHARE = 0.8
"""Requests a replica, in those of the last late measurement, from which more replicas must have
brought first tokens sooner."""
SOONER = 0.9
"""Times the seconds of that measurement."""
SIZE_LEARNING_RATE = 0.05
"""Of each look: a mean of some minutes, as requests differ by orders of magnitude."""
LARGEST_REQUEST = 1e8
"""Tokens: more than any model takes."""
LANGUAGE_MODEL = ("ttft", "kvCache", "tokens")
"""Names of the floors."""
LONGEST_BACKLOG_SECONDS = 300.0
"""Requests that wait for longer do not wait for replicas that are yet to come."""
MOST_REPLICAS = 1e9
EPSILON = 1e-9


@dataclass(slots=True)
class LanguageModelMemory:
    """What is learned of one replica; forgotten when its pod template changes."""

    template_hash: str | None = None
    sustained_rate: float | None = None
    """Requests a second of one replica with which first tokens came in time; `None`: as many as
    came, so far."""
    sustained_at: float = 0.0
    late: tuple[float, float] | None = None
    """Requests a second of one replica, and seconds, when first tokens last came too late."""
    late_since: float | None = None
    """Since when they do, of a load that has stood for the window; `None`: they do not."""
    unsteady_at: float = -inf
    """When the load last changed, or more waited than comes within the objective."""
    queued_since: float | None = None
    """Since when so many wait."""
    tokens_per_second: float | None = None
    """Of one replica while requests waited."""
    tokens_per_request: float | None = None
    """Prompt and answer, on average; kept when the template changes, as clients do not."""


def with_language_model(
    policy: Policy,
    memory: LanguageModelMemory,
    observation: Observation,
    size: FleetSize,
    capacity: Capacity,
    needs: Needs,
    rate: float | None,
) -> Needs:
    """Add the floors; a signal of theirs that is unknown forbids going down."""
    floors, known = language_model_floors(policy, memory, observation, size, rate, capacity)
    return needs._replace(floors={**needs.floors, **floors}, complete=needs.complete and known)


def language_model_floors(
    policy: Policy,
    memory: LanguageModelMemory,
    observation: Observation,
    size: FleetSize,
    rate: float | None,
    capacity: Capacity,
) -> tuple[dict[str, int], bool]:
    """All floors that the spec asks for, and whether every signal of theirs is known.

    Args:
        policy: With at least one of the three.
        memory: Of this service; updated.
        observation: What is known now.
        size: How long its replicas have stood.
        rate: Requests a second; `None`: unknown.
        capacity: Slots and service time of a replica.
    """
    settled = _settled(memory, observation, size)
    readings, ready = observation.readings, observation.replicas.ready
    floors: dict[str, int] = {}
    known = True
    if policy.first_token_seconds is not None:
        idle = rate == 0
        known = readings.first_token_seconds is not None or idle
        stood = _steady_for_window(policy.first_token_seconds, memory, observation)
        if settled and stood:
            _learn_sustained_rate(policy.first_token_seconds, memory, observation)
        floors["ttft"] = max(
            sustained_floor(rate or 0.0, memory.sustained_rate),
            _queueing_floor(policy, policy.first_token_seconds, rate or 0.0, capacity),
        )
    if policy.kv_cache_target is not None:
        use = readings.kv_cache_utilization
        known = known and (use is not None or ready == 0)
        floors["kvCache"] = proportional_floor(ready, min(use or 0.0, 1.0), policy.kv_cache_target)
    if policy.limits_tokens:
        tokens = readings.tokens_per_second
        known = known and tokens is not None
        if tokens is not None:
            _learn_size(memory, readings, tokens)
        if settled and tokens is not None:
            _learn_tokens(memory, observation, tokens / ready)
        each = policy.tokens_per_second or memory.tokens_per_second
        # Full servers do no more tokens however many are asked for.
        asked = max(tokens or 0.0, (rate or 0.0) * (memory.tokens_per_request or 0.0))
        floors["tokens"] = token_floor(asked, each, policy.target_utilization)
    return floors, known


def proportional_floor(replicas: int, value: float, target: float) -> int:
    """Replicas with which a mean over replicas comes down to its target.

    ceil(current replicas x current value / desired value), for what shrinks as replicas are added.
    Source: Kubernetes documentation, "Horizontal Pod Autoscaling", algorithm details.

    Args:
        replicas: Those over which the mean was taken.
        value: Mean, in the unit of `target`.
        target: Desired mean.
    """
    return _whole(replicas * value / target)


def token_floor(tokens_per_second: float, each: float | None, target: float) -> int:
    """Replicas that do so many tokens at the target utilization; 0 until one's share is known.

    Args:
        tokens_per_second: Prompt and generated tokens that are asked of all replicas.
        each: Tokens a second of one busy replica.
        target: Utilization, 0 to 1.
    """
    return 0 if not each else _whole(tokens_per_second / each / target)


def sustained_floor(rate: float, each: float | None) -> int:
    """Replicas of which none gets more requests than it was seen to sustain.

    Args:
        rate: Requests a second of all replicas.
        each: Requests a second that one sustains; `None`: no limit was seen.
    """
    return 0 if not each else _whole(rate / each)


def sustained_rate(
    known: float | None, each: float, seconds: float, objective: float
) -> float | None:
    """What one replica sustains, by one more measurement.

    Too late by a factor: the HPA's proportional formula, in requests a replica instead of replicas,
    so that the answer does not depend on how many run. In time at a higher rate: that rate.

    Args:
        known: So far; `None`: no limit was seen.
        each: Requests a second of one replica while it was measured.
        seconds: Time to first token, at the objective's percentile.
        objective: Seconds.
    """
    if seconds > objective:
        corrected = each / min(seconds / objective, MOST_CORRECTION)
        return corrected if known is None else min(known, corrected)
    return known if known is None else max(known, each)


def _settled(memory: LanguageModelMemory, observation: Observation, size: FleetSize) -> bool:
    """The measured figures are those of the replicas that are Ready now."""
    replicas = observation.replicas
    if memory.template_hash != observation.template_hash:
        memory.template_hash = observation.template_hash
        memory.sustained_rate = memory.tokens_per_second = memory.late = None
        memory.late_since = None
    waited = observation.time - size.seen_to_change_at >= WINDOW_SECONDS
    return waited and replicas.ready > 0 and replicas.starting == 0


def _steady_for_window(
    objective: float, memory: LanguageModelMemory, observation: Observation
) -> bool:
    """Whether first tokens of the whole window are those of the present load.

    In a surge they are late before its requests are in the rates, which may be of completions; and
    those that wait for replicas that are yet to come are late whatever one sustains.
    """
    time, readings = observation.time, observation.readings
    if not readings.requests_per_second or readings.partial:
        memory.unsteady_at = time
        return False
    slow, fast_seconds = readings.longest_rate, readings.shortest_window
    chance = SIGMAS * sqrt(max(slow, 1 / fast_seconds) / fast_seconds)
    waiting = readings.queue_depth or 0.0
    if waiting <= objective * slow:
        memory.queued_since = None
    elif memory.queued_since is None:
        memory.queued_since = time
    since = memory.queued_since
    queued = since is not None and time - since < LONGEST_BACKLOG_SECONDS
    if queued or abs(readings.shortest_rate - slow) > max(chance, STEADY_SHARE * slow):
        memory.unsteady_at = time
    return slow > 0 and time - memory.unsteady_at >= WINDOW_SECONDS


def _learn_sustained_rate(
    objective: float, memory: LanguageModelMemory, observation: Observation
) -> None:
    readings, time = observation.readings, observation.time
    seconds = readings.first_token_seconds
    each, known = readings.longest_rate / observation.replicas.ready, memory.sustained_rate
    if known is not None:
        known *= exp(min(1.0, (time - memory.sustained_at) / FORGETTING_SECONDS))
    memory.sustained_rate, memory.sustained_at = known, time
    if seconds is None:
        return
    if seconds <= objective:
        memory.late = memory.late_since = None
    else:
        memory.late_since = time if memory.late_since is None else memory.late_since
        shows = SURGE_SHOWS_SECONDS + (readings.service_seconds or 0.0)
        if time - memory.late_since < shows or _useless(memory, each, seconds):
            return
        memory.late = (each, seconds)
    memory.sustained_rate = sustained_rate(known, each, seconds, objective)


def _useless(memory: LanguageModelMemory, each: float, seconds: float) -> bool:
    """More replicas took requests off each, and first tokens came no sooner: they will not."""
    if memory.late is None:
        return False
    late_each, late_seconds = memory.late
    return each <= USELESS_SHARE * late_each and seconds >= SOONER * late_seconds


def _learn_tokens(memory: LanguageModelMemory, observation: Observation, each: float) -> None:
    """As slots are learned: while requests wait, a replica does all it can."""
    known = memory.tokens_per_second
    waiting = observation.readings.queue_depth or 0.0
    if waiting >= SATURATED_BACKLOG * observation.replicas.ready:
        memory.tokens_per_second = each if not known else known + LEARNING_RATE * (each - known)
    elif known:
        memory.tokens_per_second = max(known, each)


def _learn_size(memory: LanguageModelMemory, readings: Readings, tokens_per_second: float) -> None:
    """Tokens a second over requests a second, while as many leave as come."""
    if readings.queue_depth or readings.partial or not steady(readings):
        return
    known = memory.tokens_per_request
    found = min(tokens_per_second / readings.longest_rate, LARGEST_REQUEST)
    memory.tokens_per_request = (
        found if known is None else known + SIZE_LEARNING_RATE * (found - known)
    )


def _queueing_floor(policy: Policy, objective: float, rate: float, capacity: Capacity) -> int:
    """Replicas with which the queue takes no more than its share of the time to first token.

    Erlang C with the Allen-Cunneen correction, as for the latency floor (`queueing.py`).
    """
    if not capacity.slots or not capacity.service_seconds:
        return 0
    patience = WAITING_SHARE * objective / capacity.service_seconds
    tail = (1 - policy.percentile) / 2
    load = rate * capacity.service_seconds
    return _whole(slots_for_tail(load, patience, tail, variability=1.0) / capacity.slots)


def _whole(replicas: float) -> int:
    return ceil(min(replicas, MOST_REPLICAS) - EPSILON)
