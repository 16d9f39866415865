"""Laws that hold for every input."""

from math import isfinite

from hypothesis import given
from hypothesis import strategies as st

from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.scaling.policy import Policy
from bytebridge.scaling.state import State
from bytebridge.scaling.wire import parse_observation, write_decision, write_observation
from unit.scaling.build import POLICY, policy, seen

signals = st.none() | st.floats(0, 1e6)
counts = st.integers(0, 150)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    rates = {window: draw(signals) for window in (15.0, 60.0)}
    return Observation(
        time=draw(st.floats(0, 1e9)),
        readings=Readings(
            requests_per_second={w: rate for w, rate in rates.items() if rate is not None},
            queue_depth=draw(signals),
            in_flight=draw(signals),
            latency_p95_seconds=draw(signals),
            latency_mean_seconds=draw(signals),
            service_seconds=draw(st.none() | st.floats(0, 3600)),
            cpu_utilization=draw(st.none() | st.floats(0, 64)),
            coverage=draw(st.none() | st.floats(0, 1)),
        ),
        replicas=Replicas(draw(counts), draw(counts), draw(counts)),
    )


policies = st.builds(
    policy,
    min_replicas=st.integers(0, 5),
    max_replicas=st.integers(5, 100),
    latency_seconds=st.none() | st.floats(0.01, 60),
    depth_per_replica=st.none() | st.floats(1, 100),
    concurrency_per_replica=st.none() | st.floats(0.5, 64),
    fallback_replicas=st.none() | st.integers(0, 5),
)


@given(policies, st.lists(observations(), min_size=1, max_size=6))
def test_bounds_hold_and_no_nan_escapes(rules: Policy, history: list[Observation]) -> None:
    state = State()
    for observation in sorted(history, key=lambda item: item.time):
        decision = decide(rules, state, observation)
        assert rules.min_replicas <= decision.replicas <= rules.max_replicas
        assert all(value is None or isfinite(value) for value in decision.signals.values())
        write_decision(decision)


@given(observations())
def test_the_same_input_gives_the_same_decision(observation: Observation) -> None:
    assert decide(POLICY, State(), observation) == decide(POLICY, State(), observation)


@given(st.integers(2, 100), st.lists(st.floats(0, 1000), min_size=1, max_size=20))
def test_unknown_never_lowers(desired: int, steps: list[float]) -> None:
    state, time = State(), 0.0
    for step in steps:
        time += step
        assert decide(POLICY, state, seen(time, desired=desired)).replicas >= desired


@given(st.floats(0, 5000), st.floats(0, 5000))
def test_more_load_never_asks_for_less(one: float, other: float) -> None:
    low, high = sorted((one, other))
    fewer = decide(POLICY, State(), seen(fast=low, queue_depth=0))
    more = decide(POLICY, State(), seen(fast=high, queue_depth=0))
    assert fewer.replicas <= more.replicas


@given(st.floats(0, 5000))
def test_what_was_asked_for_is_explained_by_a_floor(rate: float) -> None:
    decision = decide(POLICY, State(), seen(fast=rate, queue_depth=0))
    if decision.replicas > 2:
        assert decision.replicas == min(100, max(decision.floors.values()))


@given(observations())
def test_the_wire_loses_nothing(observation: Observation) -> None:
    assert parse_observation(write_observation(observation)) == observation
