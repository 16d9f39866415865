"""Requests that wait, read or reckoned."""

from typing import Any

import pytest

from bytebridge.scaling.backlog import Backlog, reckon_backlog
from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.demand import Demand, estimate_demand
from bytebridge.scaling.history import Point, Sample
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.reason import Reason
from bytebridge.scaling.state import State
from unit.scaling.build import POLICY, seen

CAPACITY = Capacity(slots=4.0, service_seconds=0.05)
"""Eighty requests a second a replica."""
SURGE: dict[str, Any] = {"fast": 1_000, "desired": 5, "queue_depth": None}


def _demand(observation: Observation, served: float = 0.0) -> Demand | None:
    demand = estimate_demand(observation.readings, observation.time, None, 1.0)
    age = 5.0 if observation.time == 5 else 0.0
    return demand and demand._replace(age_seconds=age, served=served)


@pytest.mark.parametrize(
    ("changes", "waiting"),
    [
        pytest.param({}, 100 + 5 * 600, id="400/s of 1,000/s are served"),
        pytest.param({"queue_depth": 70}, 100 + 5 * 600, id="read before, and gone on"),
        pytest.param(
            {"queue_depth": 70, "latency_p95_seconds": 0.1},
            100 + 5 * 600,
            id="whatever latencies say",
        ),
        pytest.param({"queue_depth": 70, "time": 10}, 70, id="read now"),
        pytest.param({"fast": 385}, 100 - 5 * 15, id="more is served than comes"),
        pytest.param({"fast": 300}, 0, id="until none are left"),
        pytest.param({"ready": 15}, 100 + 5 * 200, id="pods that became Ready served half of it"),
        pytest.param({"fast": 60_000, "time": 300}, 30 * 60_000, id="nobody waits for ever"),
        pytest.param({"latency_p95_seconds": 0.19}, 0, id="latencies are in time"),
        pytest.param({"latency_p95_seconds": 0.21}, 3_100, id="or not"),
        pytest.param({"in_flight": 17}, 0, id="slots are idle"),
        pytest.param({"in_flight": 20}, 3_100, id="or not"),
        pytest.param(
            {"in_flight": 20, "latency_mean_seconds": 12.05},
            4_800,
            id="latencies hold 400/s for 12 s",
        ),
        pytest.param(
            {"in_flight": 19, "latency_mean_seconds": 12.05},
            4_800,
            id="nearly all slots are in use",
        ),
        pytest.param(
            {"in_flight": 18.5, "latency_mean_seconds": 12.05}, 3_100, id="not all slots are in use"
        ),
        pytest.param({"latency_mean_seconds": 12.05}, 3_100, id="nobody knows how many are"),
        pytest.param(
            {"in_flight": 20, "latency_mean_seconds": 2.05}, 3_100, id="latencies hold less"
        ),
        pytest.param(
            {"in_flight": 20, "latency_mean_seconds": 12.05, "fast": 100},
            30 * 100,
            id="no more than wait for half a minute",
        ),
        pytest.param(
            {"in_flight": 20, "latency_mean_seconds": 12.05, "queue_depth": 70},
            3_100,
            id="a queue was read a moment before",
        ),
        pytest.param({"fast": None}, None, id="nothing is known"),
        pytest.param({"fast": None, "queue_depth": 70}, 70, id="but the queue"),
        pytest.param({"ready": 0, "before": 0}, None, id="no pod serves"),
        pytest.param({"objective": None}, None, id="nobody waits for an answer"),
        pytest.param({"served": 990}, 100 + 5 * 10, id="they were seen to serve more"),
        pytest.param({"served": 300}, 100 + 5 * 600, id="or less, for want of requests"),
    ],
)
def test_what_waits_after_five_seconds(changes: dict[str, Any], waiting: float | None) -> None:
    line = SURGE | changes
    objective, time = line.pop("objective", 0.2), line.pop("time", 5)
    memory = Backlog(100.0, 0.0, line.pop("before", 5))
    served = line.pop("served", 0.0)
    observation = seen(time, **line)
    demand = _demand(observation, served)
    assert reckon_backlog(memory, observation, demand, CAPACITY, objective) == waiting


def test_replicas_with_more_to_do_than_they_may_serve_more_of_it() -> None:
    observation, capacity = seen(5, **SURGE), CAPACITY._replace(when_full=120.0)
    found = reckon_backlog(Backlog(100.0, 0.0, 5), observation, _demand(observation), capacity, 0.2)
    assert found == 100 + 5 * (1_000 - 5 * 120)


def test_what_was_read_is_not_bounded() -> None:
    memory = Backlog(100_000.0, 0.0, 5)
    observation = seen(5, **SURGE)
    assert reckon_backlog(memory, observation, _demand(observation), CAPACITY, 0.2) == 100_000


def test_a_clock_set_back_takes_nothing_away() -> None:
    memory = Backlog(100.0, 50.0, 5)
    observation = seen(20, **SURGE)
    assert reckon_backlog(memory, observation, _demand(observation), CAPACITY, 0.2) == 100


def test_a_backlog_that_no_queue_tells_of_is_worked_off() -> None:
    """Ten seconds of a surge: six thousand wait beside those who come, and are told of."""
    state = State()
    for time in (0, 5, 10):
        before = seen(time, fast=300, desired=5, latency_p95_seconds=0.15, service_seconds=0.05)
        decide(POLICY, state, before)
    for time in (15, 20, 25):
        line = seen(time, **SURGE, slow=400, latency_p95_seconds=3.0, service_seconds=0.05)
        decision = decide(POLICY, state, line)
    assert decision.signals["reckonedBacklog"] == pytest.approx(15 * 600)
    assert "some 9000 waiting as reckoned" in decision.message
    assert decision.floors["drain"] == 3 * decision.floors["utilization"] == 51
    assert decision.reason is Reason.BACKLOG


@pytest.mark.parametrize(
    ("backlogs", "mean"),
    [
        pytest.param([10.0, 20.0, 30.0], 20, id="as they were read"),
        pytest.param([None, None, 30.0], 10, id="where nobody knows, nothing did"),
        pytest.param([None], 0, id="nobody knows"),
        pytest.param([], 0, id="nothing was read"),
    ],
)
def test_what_waited_on_average(backlogs: list[float | None], mean: float) -> None:
    history = tuple(Point(5.0 * i, 100.0, backlog=known) for i, known in enumerate(backlogs))
    assert Sample(15.0, 100.0, None, history=history).mean_backlog == mean
