"""Floors of LLM servers, one readable line a case."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from bytebridge.scaling.language_model import (
    proportional_floor,
    sustained_floor,
    sustained_rate,
    token_floor,
)
from bytebridge.scaling.law import decide
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from unit.scaling.build import policy, seen

CALM: dict[str, Any] = {"fast": 1.0, "queue_depth": 0, "in_flight": 1, "service_seconds": 1.0}
KV = policy(kv_cache_target=0.8)
TTFT = policy(latency_seconds=None, first_token_seconds=0.5, concurrency_per_replica=16)
TOKENS = policy(limits_tokens=True, tokens_per_second=1_000, target_utilization=0.8)


@pytest.mark.parametrize(
    ("replicas", "value", "target", "expected"),
    [(4, 0.8, 0.8, 4), (4, 0.81, 0.8, 5), (4, 1.0, 0.5, 8), (4, 0.1, 0.8, 1), (0, 1.0, 0.8, 0)],
)
def test_proportional(replicas: int, value: float, target: float, expected: int) -> None:
    assert proportional_floor(replicas, value, target) == expected


@pytest.mark.parametrize(
    ("tokens", "each", "target", "expected"),
    [(4_000, 1_000, 0.8, 5), (4_001, 1_000, 0.8, 6), (0, 1_000, 0.8, 0), (4_000, None, 0.8, 0),
     (1e308, 5e-324, 0.1, 1_000_000_000)],
)  # fmt: skip
def test_tokens(tokens: float, each: float | None, target: float, expected: int) -> None:
    assert token_floor(tokens, each, target) == expected


@pytest.mark.parametrize(
    ("known", "each", "seconds", "expected"),
    [
        pytest.param(None, 10, 0.4, None, id="in time: no limit was seen"),
        pytest.param(None, 10, 0.6, 8.333, id="late by a fifth"),
        pytest.param(None, 10, 60.0, 5, id="very late: half at most"),
        pytest.param(8.0, 10, 0.6, 8.0, id="late where it was known to be"),
        pytest.param(8.0, 9, 0.4, 9, id="in time at more"),
        pytest.param(8.0, 2, 0.1, 8.0, id="in time at less says nothing"),
    ],
)
def test_sustained_rate(
    known: float | None, each: float, seconds: float, expected: float | None
) -> None:
    found = sustained_rate(known, each, seconds, 0.5)
    assert (found and round(found, 3)) == expected


@pytest.mark.parametrize(
    ("rate", "each", "expected"), [(100, 10, 10), (101, 10, 11), (100, None, 0), (0, 10, 0)]
)
def test_sustained_floor(rate: float, each: float | None, expected: int) -> None:
    assert sustained_floor(rate, each) == expected


@pytest.mark.parametrize(
    ("rules", "readings", "replicas", "reason"),
    [
        (KV, {"kv_cache_utilization": 0.95, "desired": 10}, 12, Reason.KV_CACHE),
        (KV, {"kv_cache_utilization": 7.0, "desired": 10}, 13, Reason.KV_CACHE),
        (KV, {"kv_cache_utilization": 0.8, "desired": 10}, 10, Reason.STEADY),
        (KV, {"kv_cache_utilization": 0.95, "desired": 10, "fast": 9.0, "slow": 1.0}, 12,
         Reason.KV_CACHE),
        (KV, {"desired": 10}, 10, Reason.SIGNALS_UNKNOWN),
        (TOKENS, {"tokens_per_second": 8_100, "desired": 10}, 11, Reason.TOKEN_RATE),
        (TOKENS, {"tokens_per_second": 8_000, "desired": 10}, 10, Reason.STEADY),
        (TOKENS, {"desired": 10}, 10, Reason.SIGNALS_UNKNOWN),
        (TTFT, {"first_token_seconds": 0.75, "desired": 10}, 10, Reason.SCALE_DOWN_HOLD),
        (TTFT, {"first_token_seconds": 0.4, "desired": 10}, 10, Reason.SCALE_DOWN_HOLD),
        (TTFT, {"first_token_seconds": 9.0, "desired": 10, "starting": 2, "ready": 8}, 10,
         Reason.SCALE_DOWN_HOLD),
        (TTFT, {"desired": 10}, 10, Reason.SIGNALS_UNKNOWN),
    ],
)  # fmt: skip
def test_first_decision(
    rules: Any, readings: dict[str, Any], replicas: int, reason: Reason
) -> None:
    decision = decide(rules, State(), seen(**{**CALM, **readings}))
    assert (decision.replicas, decision.reason) == (replicas, reason), decision.message


@pytest.mark.parametrize("rules", [KV, TTFT, TOKENS])
def test_unknown_never_lowers(rules: Any) -> None:
    state, desired = State(), 10
    for time in range(0, 1_800, 5):
        desired = decide(rules, state, seen(time, desired=desired, **CALM)).replicas
    assert desired == 10


def test_an_idle_service_has_no_first_token_and_may_go_down() -> None:
    state, desired = State(), 10
    for time in range(0, 1_800, 5):
        observation = seen(time, desired=desired, **{**CALM, "fast": 0.0})
        desired = decide(TTFT, state, observation).replicas
    assert desired == 2


def _first_token(rate: float, ready: int) -> float:
    """A prompt takes 0.1 s alone, and longer the more of ten a second a replica gets."""
    return 0.1 / max(0.02, 1 - rate / ready / 10)


@pytest.mark.parametrize("rate", [30.0, 60.0, 200.0])
def test_first_tokens_come_in_time_without_hunting(rate: float) -> None:
    """At the objective of 0.5 s a replica sustains eight a second, which the law has to find."""
    rules = replace(TTFT, hold_seconds=60, concurrency_per_replica=64)
    state, desired, history = State(), max(2, round(rate / 9.5)), []
    asked: list[tuple[int, int]] = [(-60, desired)]
    for time in range(0, 7_200, 5):
        ready = min(desired, max(n for at, n in asked if time - at >= 30))
        observation = seen(
            time,
            fast=rate,
            queue_depth=0,
            in_flight=rate,
            service_seconds=1.0,
            desired=desired,
            ready=ready,
            starting=desired - ready,
            first_token_seconds=_first_token(rate, ready),
        )
        desired = decide(rules, state, observation).replicas
        asked = [*asked[-60:], (time, desired)]
        history.append(desired)
    least = rate / 8
    assert least - 1 <= history[-1] <= 2 * least + 1
    later = history[240:]
    moves = [after > before for before, after in pairwise(later) if after != before]
    turns = sum(one != other for one, other in pairwise(moves))
    assert turns <= 2, "replicas must not hunt"


LATE: dict[str, Any] = {**CALM, "fast": 30.0, "first_token_seconds": 0.75, "desired": 10}


@pytest.mark.parametrize(
    ("before", "late", "sustained"),
    [
        pytest.param({}, {}, 2.0, id="a load that stands: as much less as they are too late"),
        pytest.param({}, {"first_token_seconds": 0.4}, None, id="in time"),
        pytest.param({"slow": 20.0}, {}, None, id="less than a window after the load has grown"),
        pytest.param({}, {"fast": 60.0, "slow": 30.0}, None, id="while it grows"),
        pytest.param({}, {"fast": 34.0, "slow": 30.0}, 2.0, id="not by chance"),
        pytest.param({"fast": 3.0}, {"fast": 4.0, "slow": 3.0}, 0.2, id="few more, and by chance"),
        pytest.param({}, {"coverage": 0.5}, None, id="rates of half the replicas"),
        pytest.param({}, {"queue_depth": 15}, 2.0, id="as many wait as come within the objective"),
        pytest.param({}, {"queue_depth": 16}, None, id="more: others may be on their way"),
        pytest.param({}, {"first_token_seconds": None}, None, id="unknown"),
        pytest.param({}, {"fast": None}, None, id="no rate"),
    ],
)
def test_what_late_first_tokens_tell(
    before: dict[str, Any], late: dict[str, Any], sustained: float | None
) -> None:
    state = State()
    for time in range(0, 61, 5):
        decide(TTFT, state, seen(time, **{**LATE, "first_token_seconds": 0.4, **before}))
    for time in range(65, 91, 5):
        decide(TTFT, state, seen(time, **{**LATE, **late}))
    memory = state.language_model
    assert memory is not None
    assert (memory.sustained_rate and round(memory.sustained_rate, 1)) == sustained


def test_first_tokens_are_late_before_the_surge_is_in_the_rates() -> None:
    """Completions tell of it a service time later: 20 s and that are waited."""
    state, told = State(), []
    for time in range(0, 31, 5):
        decision = decide(TTFT, state, seen(time, **{**LATE, "service_seconds": 5.0}))
        told.append((time, decision.floors["ttft"] >= 15))
    assert told == [(0, False), (5, False), (10, False), (15, False), (20, False), (25, True),
                    (30, True)]  # fmt: skip


def test_a_queue_that_stays_is_not_of_replicas_on_their_way() -> None:
    state = State()

    def sustained(until: int) -> float | None:
        for time in range(until - 330, until, 5):
            decide(TTFT, state, seen(time, **{**LATE, "queue_depth": 30}))
        return state.language_model.sustained_rate if state.language_model else None

    assert sustained(330) is None
    assert sustained(660) == pytest.approx(2.0, rel=0.01)


def test_first_tokens_in_time_tell_that_slots_are_enough() -> None:
    """At the first look one request is served, by chance; on average they are five."""
    calm: dict[str, Any] = {**CALM, "fast": 5.0, "first_token_seconds": 0.1, "desired": 1}
    rules = replace(TTFT, concurrency_per_replica=None)
    assert decide(rules, State(), seen(**calm)).replicas <= 2
    late = seen(**{**calm, "first_token_seconds": 0.6})
    assert decide(rules, State(), late).replicas > 5


def test_replicas_that_do_not_bring_first_tokens_sooner_are_not_added_for_ever() -> None:
    state, desired = State(), 4
    for time in range(0, 3_600, 5):
        observation = seen(time, desired=desired, first_token_seconds=2.0, **CALM)
        desired = decide(replace(TTFT, max_replicas=1_000), state, observation).replicas
    assert desired <= 16


def test_tokens_of_a_replica_are_learned_while_requests_wait_and_forgotten_with_its_template() -> (
    None
):
    rules, state = replace(TOKENS, tokens_per_second=None, target_utilization=0.8), State()

    def floor(time: float, template: str, **readings: Any) -> int:
        observation = seen(time, desired=4, **{**CALM, **readings})
        return decide(rules, state, replace(observation, template_hash=template)).floors["tokens"]

    assert floor(0, "a", tokens_per_second=2_000) == 0, "nothing waits: a replica may do more"
    more = "1,000 a second each, and three requests come where one did: two pile up"
    assert floor(5, "a", tokens_per_second=4_000, queue_depth=10) == 8, more
    assert floor(10, "a", tokens_per_second=2_000) == 3
    assert floor(15, "b", tokens_per_second=2_000) == 0


@pytest.mark.parametrize(
    ("surge", "floor"),
    [
        pytest.param({"fast": 1.0}, 3, id="as before: 2,000 tokens each"),
        pytest.param({"fast": 4.0, "slow": 1.0}, 10, id="four times the requests, not served yet"),
        pytest.param({"fast": 0.1, "slow": 0.1}, 3, id="less: what is still done counts"),
        pytest.param({"fast": None}, 3, id="unknown"),
    ],
)
def test_tokens_are_asked_for_by_the_requests_that_come(surge: dict[str, Any], floor: int) -> None:
    """Full servers do as many as before, whatever comes."""
    state = State()
    for time in range(0, 61, 5):
        decide(TOKENS, state, seen(time, **CALM, tokens_per_second=2_000, desired=4))
    decision = decide(
        TOKENS, state, seen(65, **{**CALM, **surge}, tokens_per_second=2_000, desired=4)
    )
    assert decision.floors["tokens"] == floor


@pytest.mark.parametrize(
    "unlike",
    [
        pytest.param({"queue_depth": 5}, id="requests wait, and are not worked off yet"),
        pytest.param({"fast": 4.0, "slow": 1.0}, id="windows that differ"),
        pytest.param({"coverage": 0.5}, id="tokens of half the replicas"),
        pytest.param({"fast": 0.0, "slow": 0.0}, id="no requests"),
    ],
)
def test_the_size_of_requests_is_not_learned_from(unlike: dict[str, Any]) -> None:
    state = State()
    decide(TOKENS, state, seen(0, **CALM, tokens_per_second=2_000, desired=4))
    decide(TOKENS, state, seen(5, **{**CALM, **unlike}, tokens_per_second=9_000, desired=4))
    assert state.language_model is not None
    assert state.language_model.tokens_per_request == 2_000


def test_the_size_of_requests_is_a_mean_of_some_minutes() -> None:
    state = State()
    for time in range(0, 301, 5):
        tokens = 2_000 if time < 150 else 4_000
        decide(TOKENS, state, seen(time, **CALM, tokens_per_second=tokens, desired=4))
    assert state.language_model is not None
    assert state.language_model.tokens_per_request == pytest.approx(3_600, rel=0.02)


def test_no_request_is_larger_than_a_model_takes() -> None:
    state = State()
    decide(TOKENS, state, seen(0, **{**CALM, "fast": 1e-300}, tokens_per_second=2_000, desired=4))
    assert state.language_model is not None
    assert state.language_model.tokens_per_request == 1e8
