"""The service time: of two windows, and by looks at busy slots."""

from dataclasses import replace
from typing import Any

import pytest

from bytebridge.scaling.capacity import (
    Capacity,
    as_of_late,
    learn_capacity,
    remembered_seconds,
    with_fast_service_time,
)
from bytebridge.scaling.law import decide
from bytebridge.scaling.observation import Readings
from unit.scaling.build import policy, seen, watched


@pytest.mark.parametrize(
    ("slow", "fast", "requests", "believed"),
    [
        (0.02, 0.03, 900, 0.03),
        (0.02, 0.0219, 900, 0.02),
        (0.02, 0.0221, 900, 0.0221),
        (0.02, 0.03, 16, 0.02),
        (0.03, 0.02, 900, 0.03),
        (0.02, None, 900, 0.02),
        (None, 0.03, 900, 0.02),
        (0.02, 0.03, 0, 0.02),
        (0.02, 1e6, 900, 3600.0),
    ],
    ids=[
        "clearly higher",
        "within three standard errors",
        "just beyond them",
        "of few requests",
        "lower",
        "fast unknown",
        "slow unknown",
        "nothing served",
        "absurd",
    ],
)
def test_a_fast_window_is_believed_where_it_is_clearly_higher(
    slow: float | None, fast: float | None, requests: float, believed: float
) -> None:
    readings = Readings(service_seconds=slow, fast_service_seconds=fast)
    known = Capacity(1.0, slow or 0.02)
    assert with_fast_service_time(known, readings, requests) == Capacity(1.0, believed)


def test_the_service_time_by_littles_law_is_a_mean_of_many_looks() -> None:
    """6 busy on average at a hundred a second; one look alone says anything from 30 to 90 ms."""
    known = Capacity()
    for tick, busy in enumerate([9, 3, 6, 5, 7, 0, 12, 6] * 4):
        observation = seen(5.0 * tick, fast=100, in_flight=busy, service_seconds=None)
        known = learn_capacity(known, observation, 2)
    assert known.service_seconds == pytest.approx(0.06)
    assert known.looks == 32


@pytest.mark.parametrize(
    "readings",
    [
        pytest.param({"slow": 60}, id="the load changes"),
        pytest.param({"queue_depth": 900}, id="requests wait"),
        pytest.param({"in_flight": None}, id="nobody looks"),
    ],
)
def test_no_look_where_littles_law_does_not_hold(readings: dict[str, Any]) -> None:
    known = Capacity(2.0, 0.05, looks=3)
    observation = seen(**{"fast": 100, "in_flight": 9, "service_seconds": None, **readings})
    found = learn_capacity(known, observation, 2)
    assert (found.service_seconds, found.looks) == (0.05, 3)


def test_a_measured_service_time_outlives_its_signal() -> None:
    observation = seen(fast=100, in_flight=9, service_seconds=None)
    assert learn_capacity(Capacity(2.0, 0.05), observation, 2).service_seconds == 0.05


@pytest.mark.parametrize(
    ("windows", "seconds"),
    [
        pytest.param((15.0, 60.0), 75, id="a minute and what is late"),
        pytest.param((45.0, 180.0), 195, id="scrapes that are far apart: the slow window"),
        pytest.param((5.0, 15.0), 75, id="short windows: latencies are of a minute all the same"),
        pytest.param((), 75, id="no rates"),
    ],
)
def test_for_how_long_latencies_hold_waiting(windows: tuple[float, ...], seconds: float) -> None:
    readings = Readings(requests_per_second=dict.fromkeys(windows, 100.0))
    assert remembered_seconds(readings) == seconds


@pytest.mark.parametrize(
    ("readings", "late", "slots"),
    [
        pytest.param({}, False, 1.5, id="what 300 a second keep busy"),
        pytest.param({"in_flight": 30}, False, 2.5, id="more are at the moment"),
        pytest.param({"fast": 500}, False, 1.0, id="a load that changes"),
        pytest.param({"latency_mean_seconds": None}, False, 1.0, id="for how long is not known"),
        pytest.param({"service_seconds": 0.05}, False, 1.25, id="it is measured"),
        pytest.param({}, True, 1.0, id="late: some may wait"),
        pytest.param({}, None, 1.0, id="who knows whether some wait"),
    ],
)
def test_the_first_look_is_not_at_one_moment_only(
    readings: dict[str, Any], late: bool | None, slots: float
) -> None:
    """Twelve replicas with eighteen busy slots on average, ten at this moment."""
    line = {"fast": 300, "slow": 300, "in_flight": 10, "latency_mean_seconds": 0.06}
    given = seen(**{"desired": 12, "service_seconds": None, **line, **readings})
    assert learn_capacity(Capacity(), given, None, late=late).slots == pytest.approx(slots)


@pytest.mark.parametrize(
    ("waiting", "waited_at", "seconds"),
    [
        pytest.param(0, -100, 0.08, id="nobody waits"),
        pytest.param(6, -100, 0.06, id="each waits 20 ms of 80"),
        pytest.param(60, -100, 0.04, id="no longer than it is served"),
        pytest.param(6, -50, 0.05, id="a backlog a minute ago: it is not known"),
    ],
)
def test_what_waits_at_times_is_no_part_of_the_service_time(
    waiting: float, waited_at: float, seconds: float
) -> None:
    known = Capacity(2.0, 0.05, waited_at=waited_at)
    given = seen(
        fast=300, desired=12, queue_depth=0, latency_mean_seconds=0.08, service_seconds=None
    )
    found = learn_capacity(known, given, 2, waiting=waiting)
    assert found.service_seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("busy", "shared", "slots"),
    [
        pytest.param(20, True, 2.6, id="fewer than known"),
        pytest.param(20, False, 3, id="some replicas may have none of what waits"),
        pytest.param(50, True, 3.6, id="more than known"),
        pytest.param(50, False, 3.6, id="those that have are busy"),
    ],
)
def test_slots_while_requests_wait(busy: float, shared: bool, slots: float) -> None:
    known = Capacity(3.0, 0.06)
    given = seen(fast=300, desired=10, in_flight=busy, queue_depth=900)
    found = learn_capacity(known, given, None, shared=shared).slots
    assert found == pytest.approx(slots, abs=0.11)


@pytest.mark.parametrize(
    ("line", "slots", "assumed"),
    [
        pytest.param({"in_flight": 24}, 4, True, id="those of the version before"),
        pytest.param({"in_flight": 80}, 5, True, id="more are in use"),
        pytest.param({"in_flight": 24, "queue_depth": 50}, 1.5, False, id="all are, and no more"),
    ],
)
def test_another_version_begins_with_the_slots_of_the_one_before(
    line: dict[str, Any], slots: float, assumed: bool
) -> None:
    known = Capacity(4.0, 0.06, template_hash="one", sustained=0.5)
    given = replace(seen(fast=400, desired=16, **{"queue_depth": 0} | line), template_hash="two")
    found = learn_capacity(known, given, None)
    assert (found.slots, found.assumed, found.sustained) == (slots, assumed, None)
    again = learn_capacity(found, given, None)
    assert (again.slots, again.assumed) == (slots, assumed)


def test_slots_that_are_given_are_not_assumed() -> None:
    known = Capacity(4.0, 0.06, template_hash="one")
    given = replace(seen(fast=400, desired=16), template_hash="two")
    assert not learn_capacity(known, given, 2).assumed


@pytest.mark.parametrize(
    ("fast", "seconds"),
    [
        pytest.param(0.063, 0.063, id="longer than by chance"),
        pytest.param(0.0614, 0.06, id="by chance"),
        pytest.param(0.05, 0.06, id="less"),
        pytest.param(None, 0.06, id="unknown"),
    ],
)
def test_the_service_time_of_late_is_one_of_the_requests_of_the_fast_window(
    fast: float | None, seconds: float
) -> None:
    """Fifteen thousand, whatever the newest rate is."""
    rates = {5.0: 1.0, 15.0: 1_000.0, 60.0: 1_000.0}
    readings = Readings(rates, service_seconds=0.06, fast_service_seconds=fast)
    assert as_of_late(Capacity(2, 0.06), readings).service_seconds == seconds


@pytest.mark.parametrize(
    ("queue_depth", "learned"),
    [
        pytest.param(0, 2.0, id="slots that are in use"),
        pytest.param(None, 4.0, id="one gauge of all in progress: tried a little at a time"),
    ],
)
def test_what_replicas_had_that_are_gone_tells_nothing_of_the_others(
    queue_depth: float | None, learned: float
) -> None:
    """A gauge is read over the fast window, and scrapes and ticks are late by a few seconds."""
    rules, state = policy(concurrency_per_replica=None), watched()
    for tick in range(40):
        gone = tick >= 20
        given = seen(
            5.0 * tick, fast=667, slow=667, desired=10 if gone else 20, queue_depth=queue_depth,
            in_flight=40.0 if tick < 25 else 20.0, latency_p95_seconds=0.1,
            latency_mean_seconds=0.06,
        )  # fmt: skip
        decide(rules, state, given)
    assert state.capacity.slots == pytest.approx(learned, abs=0.05)


def test_where_no_slots_are_known_a_gauge_that_may_hold_too_much_is_better_than_none() -> None:
    given = seen(0.0, fast=100, desired=4, queue_depth=0, in_flight=8.0)
    assert learn_capacity(Capacity(), given, None, gone=True).slots == 2
