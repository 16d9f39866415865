"""Laws that hold for every input."""

from dataclasses import replace
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytebridge.scaling.bounds import clamp
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.schedule import Window
from bytebridge.scaling.state import State
from bytebridge.scaling.wire import parse_observation, write_decision, write_observation
from unit.scaling.build import POLICY, policy, seen

signals = st.none() | st.floats(0, 1e6)
counts = st.integers(0, 150)
HALF_HOURLY = Window("half-hourly", "*/30 * * * *", 600, "Europe/Berlin", 7)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    rates = {window: draw(signals) for window in (15.0, 60.0)}
    return Observation(
        time=draw(st.floats(0, 1e9)),
        readings=Readings(
            requests_per_second={w: rate for w, rate in rates.items() if rate is not None},
            queue_depth=draw(signals),
            in_flight=draw(signals),
            in_flight_p10=draw(signals),
            completions=draw(st.none() | st.booleans()),
            latency_p95_seconds=draw(signals),
            latency_mean_seconds=draw(signals),
            service_seconds=draw(st.none() | st.floats(0, 3600)),
            fast_service_seconds=draw(st.none() | st.floats(0, 3600)),
            cpu_utilization=draw(st.none() | st.floats(0, 64)),
            first_token_seconds=draw(signals),
            kv_cache_utilization=draw(st.none() | st.floats(0, 2)),
            tokens_per_second=draw(st.none() | st.floats(0, allow_infinity=False)),
            coverage=draw(st.none() | st.floats(0, 1)),
        ),
        replicas=Replicas(draw(counts), draw(counts), draw(counts)),
        unix_time=draw(st.none() | st.floats(0, 1e300)),
    )


@st.composite
def policies(draw: st.DrawFn, /, **fixed: Any) -> Policy:
    """Any combination of objectives, bounds and rails."""
    low = draw(st.integers(0, 5))
    options: dict[str, st.SearchStrategy[Any]] = {
        "max_replicas": st.integers(5, 100),
        "latency_seconds": st.none() | st.floats(0.01, 60),
        "depth_per_replica": st.none() | st.floats(1, 100),
        "drain_seconds": st.none() | st.floats(1, 600),
        "concurrency_per_replica": st.none() | st.floats(0.5, 64),
        "fallback_replicas": st.none() | st.integers(0, 5),
        "max_step_up": st.none() | st.floats(0.1, 4),
        "max_step_up_replicas": st.none() | st.integers(1, 20),
        "max_step_down_replicas": st.none() | st.integers(1, 20),
        "step_up_period_seconds": st.sampled_from([0.0, 60.0]),
        "step_down_period_seconds": st.sampled_from([0.0, 60.0]),
        "standby_seconds": st.sampled_from([0.0, 600.0]),
        "standby_share": st.floats(0.01, 1),
        "headroom": st.sampled_from([0.0, 0.5, 4.0]),
        "schedule": st.sampled_from([(), (HALF_HOURLY,)]),
        "manual_floor": st.none() | st.integers(0, 200),
        "first_token_seconds": st.none() | st.floats(0.01, 60),
        "kv_cache_target": st.none() | st.floats(0.1, 0.95),
        "limits_tokens": st.booleans(),
        "tokens_per_second": st.none() | st.floats(1, 1e6),
        "day_seconds": st.sampled_from([60.0, 86_400.0]),
    }
    drawn = {name: draw(option) for name, option in options.items() if name not in fixed}
    return policy(min_replicas=low, **drawn, **fixed)


histories = st.lists(observations(), min_size=1, max_size=6).map(
    lambda history: sorted(history, key=lambda item: item.time)
)


def replay(rules: Policy, history: list[Observation]) -> list[Decision]:
    """Decisions of one service, whose replicas are what was decided before."""
    state = State()
    decisions: list[Decision] = []
    for observation in history:
        desired = decisions[-1].replicas if decisions else observation.replicas.desired
        replicas = replace(observation.replicas, desired=desired)
        decisions.append(decide(rules, state, replace(observation, replicas=replicas)))
    return decisions


@given(policies(), histories)
def test_bounds_hold_and_no_nan_escapes(rules: Policy, history: list[Observation]) -> None:
    for decision in replay(rules, history):
        assert rules.min_replicas <= decision.replicas <= rules.max_replicas
        assert all(value is None or isfinite(value) for value in decision.signals.values())
        assert all(floor >= 0 for floor in decision.floors.values())
        write_decision(decision)


@given(policies(), histories)
def test_the_same_history_gives_the_same_decisions(
    rules: Policy, history: list[Observation]
) -> None:
    assert replay(rules, history) == replay(rules, history)


@given(st.lists(st.tuples(policies(), histories), min_size=2, max_size=4), st.randoms())
def test_services_do_not_depend_on_each_other(
    services: list[tuple[Policy, list[Observation]]], random: Any
) -> None:
    """Whatever the order of services within a tick, each is decided as if it were alone."""
    alone = [[decide(r, s, o) for o in history] for r, history in services for s in [State()]]
    states = [State() for _ in services]
    together: list[list[Decision]] = [[] for _ in services]
    for tick in range(max(len(history) for _, history in services)):
        order = [n for n, (_, history) in enumerate(services) if tick < len(history)]
        random.shuffle(order)
        for n in order:
            rules, history = services[n]
            together[n].append(decide(rules, states[n], history[tick]))
    assert together == alone


@given(policies(), histories, st.integers(0, 150), st.lists(st.floats(0, 1000), max_size=20))
def test_unknown_never_lowers(
    rules: Policy, history: list[Observation], desired: int, steps: list[float]
) -> None:
    """Whatever was known before; above `maxReplicas` nothing may stand."""
    state = State()
    for observation in history:
        decide(rules, state, observation)
    time = history[-1].time
    for step in steps:
        time += step
        observation = replace(seen(time, desired=desired, service_seconds=None), unix_time=None)
        desired_before, desired = desired, decide(rules, state, observation).replicas
        assert desired >= min(desired_before, rules.max_replicas)


@pytest.mark.parametrize(
    ("objective", "signal"),
    [
        ({"latency_seconds": 0.2}, "requests_per_second"),
        ({"depth_per_replica": 10.0}, "queue_depth"),
        ({"drain_seconds": 60.0}, "queue_depth"),
        ({"drain_seconds": 60.0}, "requests_per_second"),
        ({"first_token_seconds": 0.5}, "first_token_seconds"),
        ({"kv_cache_target": 0.8}, "kv_cache_utilization"),
        ({"limits_tokens": True}, "tokens_per_second"),
    ],
)
def test_the_signal_of_an_objective_that_is_unknown_never_lowers(
    objective: dict[str, Any], signal: str
) -> None:
    """Everything else says that two replicas are enough."""
    others: dict[str, Any] = {"first_token_seconds": 0.1, "kv_cache_utilization": 0.05}
    calm = seen(fast=1, queue_depth=0, in_flight=1, tokens_per_second=10, desired=20, **others)
    nothing: dict[str, Any] = {signal: {} if signal == "requests_per_second" else None}
    lost = replace(calm.readings, **nothing)
    ends = {}
    for readings in (calm.readings, lost):
        state, desired = State(), 20
        rules = policy(hold_seconds=60, **{"latency_seconds": None, **objective})
        for time in range(0, 900, 5):
            replicas = replace(calm.replicas, desired=desired)
            observation = replace(calm, time=float(time), readings=readings, replicas=replicas)
            desired = decide(rules, state, observation).replicas
        ends[readings is lost] = desired
    assert ends == {False: 2, True: 20}


given_capacity = {"concurrency_per_replica": 4, "kv_cache_target": None, "limits_tokens": False}


@given(policies(**given_capacity), st.floats(0, 5000), st.floats(0, 5000), st.floats(0, 1e5))
def test_more_load_never_asks_for_less(
    rules: Policy, one: float, other: float, backlog: float
) -> None:
    low, high = sorted((one, other))
    fewer = decide(rules, State(), seen(fast=low, queue_depth=backlog))
    more = decide(rules, State(), seen(fast=high, queue_depth=backlog))
    assert fewer.replicas <= more.replicas


@given(policies(**given_capacity), st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 5000))
def test_a_longer_queue_never_asks_for_less(
    rules: Policy, one: float, other: float, rate: float
) -> None:
    low, high = sorted((one, other))
    fewer = decide(rules, State(), seen(fast=rate, queue_depth=low))
    more = decide(rules, State(), seen(fast=rate, queue_depth=high))
    assert fewer.replicas <= more.replicas


@given(policies(), histories)
def test_a_decision_is_explained_by_its_floors(rules: Policy, history: list[Observation]) -> None:
    """What stands is the largest floor within the bounds; else a named rail or hold says why."""
    present = None
    for observation, decision in zip(history, replay(rules, history), strict=True):
        present = observation.replicas.desired if present is None else present
        asked = clamp(rules, max(decision.floors.values(), default=0))
        steps = rules.max_step_up is not None or rules.max_step_up_replicas is not None
        if decision.replicas < asked:
            limited = steps and decision.replicas > present
            waits = rules.step_up_period_seconds and decision.replicas == present
            assert limited or waits or decision.held
        if decision.replicas > asked:
            assert decision.held or decision.reason is Reason.SCALE_DOWN
        present = decision.replicas


@given(st.floats(0, 5000))
def test_what_was_asked_for_is_explained_by_a_floor(rate: float) -> None:
    decision = decide(POLICY, State(), seen(fast=rate, queue_depth=0))
    if decision.replicas > 2:
        assert decision.replicas == min(100, max(decision.floors.values()))


@given(observations())
def test_the_wire_loses_nothing(observation: Observation) -> None:
    assert parse_observation(write_observation(observation)) == observation
