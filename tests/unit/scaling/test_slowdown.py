"""Replicas that are slower the more they have to do; one line a case."""

from collections.abc import Callable
from dataclasses import replace
from math import inf, sqrt
from random import Random
from typing import Any

import pytest

from bytebridge.scaling.capacity import Capacity
from bytebridge.scaling.ceiling import Ceiling
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.law import decide
from bytebridge.scaling.slowdown import (
    Line,
    Slowdown,
    Speed,
    at_objective,
    fitted_line,
    observe_speed,
)
from bytebridge.scaling.state import State
from bytebridge.scaling.throughput import Busy
from bytebridge.scaling.usefulness import learn_slowdown
from unit.scaling.build import batches, policy, seen

SLOTS = 32.0
LOADS = (0.5, 1.0, 1.5, 2.0)
"""Requests a second of one replica, ten minutes each."""


def _stands(since: float = -100.0) -> FleetSize:
    """Ten replicas."""
    size = FleetSize()
    size.observe(since, 10)
    return size


def _observe(
    memory: Slowdown, load: float, service: float, begin: float, *, ticks: int = 120, **line: Any
) -> None:
    """Ten replicas; what is in flight is told or not."""
    busy, size = line.pop("busy", None), _stands(line.pop("since", -100.0))
    waited_at = line.pop("waited_at", -inf)
    for tick in range(ticks):
        readings = {"fast": 10 * load, "desired": 10, "service_seconds": service, **line}
        given = seen(begin + 5.0 * tick, **readings)
        known = Capacity(SLOTS, service, waited_at=waited_at)
        told = None if busy is None else busy * 10 * load * service
        size.observe(given.time, given.replicas.ready)
        observe_speed(memory, given, size, known, told, None)


@pytest.mark.parametrize("busy", [None, 1.0])
@pytest.mark.parametrize(
    ("service", "per_request"),
    [
        pytest.param(batches, 0.25, id="a batch on a GPU"),
        pytest.param(lambda each: 0.3 / (1 - 0.3 * each), 0.3, id="a CPU that is shared"),
        pytest.param(lambda _: 0.3, 0, id="slots of their own"),
        pytest.param(lambda each: 0.3 * (1 + each / 15), 0, id="a little slower"),
        pytest.param(lambda each: 0.3 / (1 + each), 0, id="faster, by its caches"),
    ],
)
def test_what_a_replica_loses_by_each_request_a_second(
    service: Callable[[float], float], per_request: float, busy: float | None
) -> None:
    memory = Slowdown()
    for place, load in enumerate(LOADS):
        _observe(memory, load, service(load), 600.0 * place, busy=busy)
    assert memory.per_request == pytest.approx(per_request, rel=0.02)


@pytest.mark.parametrize("in_flight", [320.0, 4000.0])
def test_replicas_that_are_all_busy_tell_of_the_highest_load(in_flight: float) -> None:
    """Thirty-two at once take 12 s, whether the waiting are counted with them or not."""
    memory = Slowdown()
    _observe(memory, 1.0, batches(1.0), 0.0, busy=1.0)
    for tick in range(24):
        time = 600.0 + 5 * tick
        busy = Busy(time, 10, 10, throughput=10 * 32 / 12, shared=True)
        given = seen(time, fast=100, desired=10, queue_depth=900, service_seconds=12)
        observe_speed(
            memory, given, _stands(), Capacity(SLOTS, 12, waited_at=time), in_flight, busy
        )
    assert memory.per_request == pytest.approx(0.25, rel=0.02)
    before = dict(memory.speeds)
    for busy in (Busy(800, 9, 10, 20.0), Busy(800, 10, 10, 20.0, shared=False)):
        observe_speed(memory, given, _stands(), Capacity(SLOTS, 12, waited_at=800.0), 320.0, busy)
    assert memory.speeds == before, "not all of them have been busy"
    whole = Busy(800, 10, 10, 26.0)
    observe_speed(memory, given, _stands(790.0), Capacity(SLOTS, 12, waited_at=800.0), 320.0, whole)
    assert memory.speeds == before, "those that went may be finishing what they began"


@pytest.mark.parametrize(
    ("line", "estimated"),
    [
        pytest.param({"fast": 20, "slow": 10}, False, id="a load that moves"),
        pytest.param({"fast": 10}, True, id="a service time that nobody knows"),
    ],
)
def test_moments_before_a_gap_are_of_another_load(line: dict[str, Any], estimated: bool) -> None:
    memory = Slowdown(time=-5.0)
    _observe(memory, 1.0, 5.0, 0.0, ticks=3, busy=1.0)
    given = seen(15.0, **{"desired": 10, "service_seconds": 5, **line})
    observe_speed(memory, given, _stands(), Capacity(SLOTS, 5.0, estimated), 50.0, None)
    memory.speeds.clear()
    _observe(memory, 2.0, 5.0, 20.0, ticks=1, busy=1.0)
    assert [found.each for found in memory.speeds.values()] == [2.0]


@pytest.mark.parametrize(
    ("dispersion", "requests"),
    [
        pytest.param(1.0, 20.0 * 5.0, id="Poisson"),
        pytest.param(0.3, 20.0 * 5.0, id="steadier than that, as far as it seems"),
        pytest.param(400.0, 0.25, id="what is in flight is a burst, or a pause of one"),
    ],
)
def test_bursts_tell_the_less_of_how_long_requests_take(dispersion: float, requests: float) -> None:
    memory = Slowdown(time=-5.0)
    given = seen(0.0, fast=20, desired=10, service_seconds=5)
    observe_speed(memory, given, _stands(), Capacity(SLOTS, 5.0), 100.0, None, dispersion)
    assert [found.requests for found in memory.speeds.values()] == [pytest.approx(requests)]


def test_what_busy_replicas_serve_is_of_as_many_requests() -> None:
    memory, busy = Slowdown(time=-5.0), Busy(0.0, 10, 10, throughput=20.0)
    given = seen(0.0, fast=100, desired=10, queue_depth=900, service_seconds=16)
    observe_speed(memory, given, _stands(), Capacity(SLOTS, 16, waited_at=0.0), 320.0, busy)
    assert list(memory.speeds.values()) == [Speed(2.0, 32.0, 100.0, 0.0)]


def test_how_slow_full_replicas_are_says_nothing_of_idle_ones() -> None:
    """A batch that is as large as can be may be slower than its line says."""
    memory = _learned()
    idle, full = memory.idle_seconds, Busy(3_000.0, 10, 10, throughput=20.0)
    given = seen(3_000.0, fast=100, desired=10, queue_depth=900, service_seconds=16)
    observe_speed(memory, given, _stands(), Capacity(SLOTS, 16, waited_at=3_000.0), 320.0, full)
    assert memory.idle_seconds == idle == pytest.approx(4, rel=0.02)


def test_chance_is_no_slowdown() -> None:
    """What is in flight varies as Poisson; four loads, fifteen minutes each."""
    for seed in range(40):
        memory, random, three = Slowdown(), Random(seed), FleetSize()
        three.observe(-100.0, 3)
        for minute in range(60):
            load = LOADS[minute // 15]
            for tick in range(12):
                busy = max(0.0, random.gauss(1, 1 / sqrt(3 * load)))
                _observe(memory, load, 0.3, 60.0 * minute + 5 * tick, ticks=1, busy=busy)
            assert not memory.per_request, (seed, minute)


@pytest.mark.parametrize(
    "past",
    [
        pytest.param([(1.0, 4.0)], id="one load"),
        pytest.param([(1.0, 4.0), (1.0, 7.0)], id="a model that has become slower"),
        pytest.param([(1.0, 4.0), (1.1, 7.0)], id="loads that hardly differ"),
    ],
)
def test_what_shows_no_slowdown(past: list[tuple[float, float]]) -> None:
    memory = Slowdown()
    for place, (load, service) in enumerate(past):
        _observe(memory, load, service, 600.0 * place)
    assert not memory.per_request
    known = Capacity(SLOTS, 7.0)
    assert at_objective(memory, known, 5.0) == known


def _learned() -> Slowdown:
    memory = Slowdown()
    for place, load in enumerate(LOADS):
        _observe(memory, load, batches(load), 600.0 * place)
    assert memory.per_request == pytest.approx(0.25, rel=0.02)
    return memory


def test_loads_that_were_not_seen_for_a_day_are_forgotten_but_not_what_they_told() -> None:
    memory = _learned()
    _observe(memory, 2.0, 4.0, 90_000.0)
    assert len(memory.speeds) == 1
    assert memory.per_request == pytest.approx(0.25, rel=0.02)


def test_what_is_certain_once_is_not_lost_in_hours_of_light_load() -> None:
    """The few that were seen under a heavy one weigh less and less beside them."""
    memory = Slowdown(speeds={7: Speed(2.0, 16.0, 200.0, 0.0)})
    for place in range(60):
        load = 0.5 if place % 2 else 0.55
        _observe(memory, load, batches(load) * (1.005 if place % 2 else 0.995), 600.0 * place)
        assert memory.per_request or place == 0, place


def test_loads_that_show_no_slowdown_any_more_are_believed() -> None:
    memory = _learned()
    for place, load in enumerate(LOADS):
        _observe(memory, load, 4.0, 90_000.0 + 600.0 * place)
    assert not memory.per_request
    assert memory.idle_seconds is None


def test_a_rate_that_is_high_by_chance_is_no_load_that_is_served_faster() -> None:
    """Three replicas; of ten requests a second a window of 15 s counts 8 % more or less."""
    for seed in range(20):
        memory, random, three = Slowdown(), Random(seed), FleetSize()
        three.observe(-100.0, 3)
        for place, load in enumerate((2.0, 2.6)):
            service = batches(load)
            for tick in range(120):
                noisy = 3 * load * random.gauss(1, 1 / sqrt(45 * load))
                time = 600.0 * place + 5 * tick
                given = seen(time, fast=noisy, desired=3, service_seconds=service)
                known = Capacity(SLOTS, service)
                observe_speed(memory, given, three, known, 3 * load * service, None)
        line = fitted_line(memory)
        assert line is not None, seed
        assert line.slope / line.intercept == pytest.approx(0.25, rel=0.25), seed


def test_a_model_that_has_become_slower_is_slower_under_any_load() -> None:
    memory = Slowdown()
    for place, load in enumerate(LOADS):
        _observe(memory, load, batches(load), 600.0 * place, busy=1.0)
    assert memory.idle_seconds == pytest.approx(4, rel=0.02)
    memory.fitted_at = inf
    _observe(memory, 2.0, 1.5 * batches(2.0), 2400.0, ticks=30, busy=1.0)
    assert memory.idle_seconds == pytest.approx(6, rel=0.1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param({}, True, id="a steady load of a minute"),
        pytest.param({"fast": 20, "slow": 10}, False, id="not steady"),
        pytest.param({"fast": 20, "slow": 10, "busy": 1.0}, False, id="rates lag behind it"),
        pytest.param({"since": -70.0}, False, id="replicas came within the minute"),
        pytest.param({"since": -25.0, "busy": 1.0}, True, id="what is in flight is theirs"),
        pytest.param({"since": -24.0, "busy": 1.0}, False, id="not yet"),
        pytest.param({"waited_at": -70.0}, False, id="requests waited"),
        pytest.param({"waited_at": -24.0, "busy": 1.0}, False, id="or may have"),
        pytest.param({"desired": 11}, True, id="nearly as many"),
        pytest.param({"desired": 12}, False, id="others"),
        pytest.param({"desired": 0}, False, id="none"),
        pytest.param({"fast": None}, False, id="no rate"),
        pytest.param({"fast": 0}, False, id="no requests"),
    ],
)
def test_what_tells_of_a_load(line: dict[str, Any], told: bool) -> None:
    memory = Slowdown(time=-5.0)
    _observe(memory, 1.0, 5.0, 0.0, ticks=1, **line)
    assert bool(memory.speeds) is told


@pytest.mark.parametrize(
    ("line", "certain", "refuted"),
    [
        pytest.param(Line(0.25, 0.06, 0.01, 1.5, 2.5), True, False, id="steep"),
        pytest.param(Line(0.25, 0.06, 0.03, 1.5, 2.5), False, False, id="it may be chance"),
        pytest.param(Line(0.25, 0.0, 0.03, 1.5, 2.5), False, False, id="it may be there still"),
        pytest.param(Line(0.25, 0.0, 0.005, 1.5, 2.5), False, True, id="flat"),
        pytest.param(Line(0.25, -0.1, 0.01, 1.5, 2.5), False, True, id="faster under load"),
        pytest.param(Line(0.25, 0.01, 0.001, 1.5, 2.5), False, True, id="too little to count"),
    ],
)
def test_when_it_is_known_whether_load_makes_slower(
    line: Line, certain: bool, refuted: bool
) -> None:
    assert (line.certain, line.refuted) == (certain, refuted)


@pytest.mark.parametrize(
    ("ceiling", "told"),
    [
        pytest.param(Ceiling(), True, id="its own"),
        pytest.param(Ceiling(throughput=90.0), False, id="a full database"),
        pytest.param(Ceiling(suspected=1), False, id="it may be one"),
    ],
)
def test_what_something_behind_a_service_makes_slow_is_not_its_own(
    ceiling: Ceiling, told: bool
) -> None:
    memory, known = Slowdown(time=-5.0), Capacity(SLOTS, 5.0)
    state = State(size=_stands(), ceiling=ceiling, slowdown=memory, capacity=known)
    learn_slowdown(state, seen(0.0, fast=10, desired=10, service_seconds=5), in_flight=50.0)
    assert bool(state.slowdown.speeds) is told


def test_another_pod_template_may_get_slower_in_another_way() -> None:
    state, rules = (
        State(slowdown=Slowdown(idle_seconds=4.0, per_request=0.25)),
        policy(concurrency_per_replica=32),
    )
    calm: dict[str, Any] = {"fast": 10, "desired": 5, "queue_depth": 0, "service_seconds": 4}
    decision = decide(rules, state, seen(0.0, **calm))
    assert decision.signals["idleServiceSeconds"] == 4.0
    decision = decide(rules, state, replace(seen(5.0, **calm), template_hash="another"))
    assert decision.signals["idleServiceSeconds"] is None
