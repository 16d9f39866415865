"""What a replica can do that is slower the more it has to do, and keep the objective."""

from dataclasses import replace
from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.demand import estimate_demand
from bytebridge.scaling.law import decide
from bytebridge.scaling.needs import Startup, compute_needs
from bytebridge.scaling.slowdown import Slowdown, at_objective
from bytebridge.scaling.state import State
from unit.scaling.build import batches, policy, seen

BATCHES = Slowdown(idle_seconds=4.0, per_request=0.25)
"""Idle it takes 4 s; with 32 at once 12 s, of which a replica serves 2.67 a second."""


@pytest.mark.parametrize(
    ("known", "longest", "slots", "seconds"),
    [
        pytest.param(Capacity(32, 8), 8, 16, 8, id="as long as it may: 16 at once"),
        pytest.param(Capacity(32, 5), 8, 16, 8, id="whatever the present load is"),
        pytest.param(Capacity(32, 8), 6, 8, 6, id="a tighter objective"),
        pytest.param(Capacity(32, 8), 20, 32, 12, id="all slots in use"),
        pytest.param(Capacity(32, 8), None, 32, 12, id="no objective"),
        pytest.param(Capacity(32, 8), 3, 32, 12, id="one that no replica meets"),
        pytest.param(Capacity(32, 8), 4.01, 16 / 9, 40 / 9, id="one that idle replicas hardly do"),
        pytest.param(Capacity(32, 16), 20, 16, 8, id="no more than 32 in 16 s"),
        pytest.param(Capacity(None, 8), 8, None, 8, id="slots unknown"),
    ],
)
def test_what_a_replica_may_have_to_do(
    known: Capacity, longest: float | None, slots: float | None, seconds: float
) -> None:
    found = at_objective(BATCHES, known, longest)
    assert found.service_seconds == pytest.approx(seconds)
    assert found.slots == pytest.approx(slots)


def test_the_objective_is_kept_by_servers_that_batch() -> None:
    """From 4 to 40 a second and back in an hour; p95 is 2.24 means, and may be 20 s."""
    rules = policy(latency_seconds=20.0, concurrency_per_replica=32, target_utilization=0.9)
    state, desired, ready, asked, late = State(), 4, 4, [(-60.0, 4)], 0
    for tick in range(1440):
        time = 5.0 * tick
        rate = 22 - 18 * abs(1 - (time % 3600) / 1800)
        ready = min(desired, max(count for at, count in asked if time - at >= 30))
        service = batches(min(rate / ready, 3.2))
        given = seen(
            time,
            fast=rate,
            desired=desired,
            ready=ready,
            starting=desired - ready,
            in_flight=rate * service,
            queue_depth=0,
            service_seconds=service,
            latency_mean_seconds=service,
            latency_p95_seconds=2.24 * service,
        )
        decision = decide(rules, state, given)
        if decision.replicas > desired:
            asked.append((time, decision.replicas))
        elif decision.replicas < desired:
            asked = [(at, min(count, decision.replicas)) for at, count in asked]
        desired = decision.replicas
        if time > 1800:
            late += 2.24 * service > 20
            assert desired <= 1.25 * rate / 2.0 + 3, "about 2.2 a second each are in time"
    assert late == 0


def test_a_slope_too_small_for_a_figure_is_none() -> None:
    known = Capacity(32, 8)
    assert at_objective(Slowdown(idle_seconds=4.0, per_request=0.0), known, 8) == known


def test_a_replica_with_more_to_do_than_it_may_serves_more_still() -> None:
    found = at_objective(BATCHES, Capacity(32, 8), 8)
    assert found.requests_per_second == pytest.approx(2)
    assert found.most_per_second == pytest.approx(32 / 12)
    assert Capacity(32, 8).most_per_second == Capacity(32, 8).requests_per_second == 4


@pytest.mark.parametrize(("when_full", "clearing"), [(0.0, True), (29.6, False)])
def test_what_full_replicas_serve_in_a_tick_needs_no_surplus(
    when_full: float, clearing: bool
) -> None:
    """Thirty, of 23 a second each, have 90 to spare for a thousand that wait; full, 288."""
    given = seen(0.0, fast=600, desired=30, queue_depth=1_000)
    demand = estimate_demand(given.readings, 0.0, None, 1.0)
    each = Capacity(2.3, 0.1, when_full=when_full)
    needs = compute_needs(policy(), given, demand, each, 1.0, Startup(30.0, 0.0), waiting=1_000)
    assert needs.clearing is clearing


def test_replicas_that_can_serve_the_load_late_have_no_backlog_to_come() -> None:
    """Ten have 24 a second, and may have 20: twelve are needed, and not thirty for seconds."""
    rules = policy(latency_seconds=20.0, concurrency_per_replica=32, target_utilization=1.0)
    state = State(slowdown=replace(BATCHES, speeds={}))
    late: dict[str, Any] = {"service_seconds": 10, "latency_p95_seconds": 60.0}
    given = seen(0.0, fast=24, desired=10, in_flight=240, queue_depth=0, **late)
    decision = decide(rules, state, given)
    assert decision.floors["drain"] == 0
    assert 12 <= decision.replicas <= 15


def test_what_was_sustained_by_the_present_service_time_is_no_limit_any_more() -> None:
    assert at_objective(BATCHES, Capacity(32, 8, sustained=0.5), 8).sustained is None
    assert at_objective(Slowdown(), Capacity(32, 8, sustained=0.5), 8).sustained == 0.5
