"""What a counter counts, one line a case: 200 requests a second can be served."""

import pytest

from bytebridge.scaling.counter import MOST_TOLD, as_arrivals, tell_counter
from bytebridge.scaling.history import Point, Sample
from bytebridge.scaling.windows import Windows

CAN = 200.0


def before(backlog: float | None = 100.0, growth: float = 0.0, told: int = 0) -> Sample:
    """A sample at 15 s, and what waited in the intervals before."""
    points = []
    for time in (0.0, 5.0, 10.0, 15.0):
        waits = None if backlog is None else max(0.0, backlog + growth * time)
        points.append(Point(time, CAN, fast=CAN, backlog=waits, throughput=CAN))
    sample = Sample(15.0, CAN, points[-1].backlog, ready_throughput=CAN, least_throughput=CAN)
    return sample._replace(told=told, history=tuple(points))


def windows(fast: float) -> Windows:
    return Windows(fast, 15.0, fast, 60.0, left_out=5.0)


@pytest.mark.parametrize(
    ("fast", "growth", "told"),
    [
        pytest.param(200, 400, 1, id="what is served, while twice as much piles up: completions"),
        pytest.param(600, 400, -1, id="as much more as piles up: arrivals"),
        pytest.param(300, 100, -1, id="more than can be completed: arrivals"),
        pytest.param(200, 100, 0, id="either: completions, or arrivals that are served slowly"),
        pytest.param(170, 60, 0, id="a model that became slower: arrivals, or completions"),
        pytest.param(
            100, 100, 0, id="as before, half idle: arrivals, or completions of slower ones"
        ),
        pytest.param(100, 150, 1, id="as before, but less than piles up"),
        pytest.param(40, 30, 0, id="neither: less than anything serves"),
        pytest.param(
            700, 900, 1, id="less than piles up: completions, of more slots than are known"
        ),
        pytest.param(800, 900, 0, id="about as much as piles up"),
        pytest.param(200, 0, 0, id="nothing piles up"),
        pytest.param(200, -50, 0, id="a backlog is worked off"),
    ],
)
def test_one_reading(fast: float, growth: float, told: int) -> None:
    sample = before(growth=growth)
    backlog = 100.0 + growth * 20
    assert tell_counter(windows(fast), backlog, 20.0, sample, CAN) == told


def test_more_than_before_is_completed_by_replicas_that_are_full_now() -> None:
    more = windows(100)._replace(slow=50)
    assert tell_counter(more, 2_100.0, 20.0, before(growth=100), CAN) == 1


@pytest.mark.parametrize(
    ("fast", "growth", "told"),
    [
        pytest.param(300, 200, 0, id="either: completions of replicas that are faster than known"),
        pytest.param(300, 380, 1, id="less than piles up"),
        pytest.param(100, 100, 1, id="as before: replicas with idle slots may have been full"),
        pytest.param(700, 400, -1, id="more than can be completed: arrivals"),
    ],
)
def test_a_service_time_that_holds_waiting_leaves_more_open(
    fast: float, growth: float, told: int
) -> None:
    """150 % of what it says is served: requests wait at some replicas while others are idle."""
    sample, backlog = before(growth=growth), 100.0 + growth * 20
    found = tell_counter(windows(fast), backlog, 20.0, sample, CAN, holds_waiting=True)
    assert found == told


def test_a_step_that_fills_a_whole_window_is_no_counter_of_completions() -> None:
    """From 100 to 600 a second 10 s ago, over all of 15 s: less than what is served and waits."""
    backlogs = (0.0, 0.0, 1000.0)
    points = tuple(
        Point(5.0 * (i + 1), 100.0, fast=100.0, backlog=waits, throughput=CAN)
        for i, waits in enumerate(backlogs)
    )
    sample = Sample(15.0, 266.7, 1000.0, ready_throughput=CAN, history=points)
    whole = Windows(433.3, 15.0, 225.0, 60.0, left_out=0.0)
    assert tell_counter(whole, 3000.0, 20.0, sample, CAN) == -1


@pytest.mark.parametrize(
    ("sample", "backlog", "can"),
    [
        pytest.param(None, 9000.0, CAN, id="the first reading"),
        pytest.param(before(None), 9000.0, CAN, id="no backlog is known of then"),
        pytest.param(before(), None, CAN, id="none is known of now"),
        pytest.param(before(), 9000.0, None, id="what can be served is not known"),
    ],
)
def test_nothing_is_told(sample: Sample | None, backlog: float | None, can: float | None) -> None:
    assert tell_counter(windows(200), backlog, 20.0, sample, can) == 0


def test_a_reading_that_is_wrong_is_outvoted() -> None:
    """Replicas that have become much slower let arrivals look like completions for a moment."""
    told = 0
    for _ in range(9):
        told = tell_counter(windows(600), 8100.0, 20.0, before(growth=400, told=told), CAN)
    assert told == -MOST_TOLD
    once = tell_counter(windows(200), 8100.0, 20.0, before(growth=400, told=told), CAN)
    assert once == 1 - MOST_TOLD


@pytest.mark.parametrize("left_out", [0.0, 5.0], ids=["whole windows", "an interval is left out"])
def test_completions_and_growth_are_arrivals(left_out: float) -> None:
    """A hundred a second are completed while fifty more pile up."""
    history = tuple(Point(t, 150.0, backlog=50.0 * t) for t in range(0, 60, 5))
    sample = Sample(55.0, 150.0, 50.0 * 55, history=history)
    completed = Windows(100.0, 15.0, 100.0, 60.0, left_out=left_out)
    found = as_arrivals(completed, 3000.0, 60.0, sample)
    assert found.fast == pytest.approx(150)
    assert found.slow == pytest.approx(150)


@pytest.mark.parametrize(
    ("completed", "arrivals"),
    [
        pytest.param(180.0, 160.0, id="all are busy: what is served comes off the queue"),
        pytest.param(125.0, 105.0, id="nearly all are"),
        pytest.param(100.0, 100.0, id="half are idle: who waits does so elsewhere, or gives up"),
    ],
)
def test_a_queue_that_is_not_served_takes_nothing_off(completed: float, arrivals: float) -> None:
    sample = before(backlog=1_000.0, growth=-20.0)
    found = as_arrivals(windows(completed), 600.0, 20.0, sample)
    assert found.fast == pytest.approx(arrivals)


@pytest.mark.parametrize(
    ("known", "arrivals"),
    [
        pytest.param(60.0, 80.0, id="fewer came: what left the queue is among what was served"),
        pytest.param(90.0, 90.0, id="no more than came before, as nobody knows how many gave up"),
    ],
)
def test_a_queue_that_shrinks_is_no_rise(known: float, arrivals: float) -> None:
    """Half of the slots seem idle, as fewer are there than are known."""
    sample = before(backlog=1_000.0, growth=-20.0)._replace(fast_rate=known)
    assert as_arrivals(windows(100.0), 600.0, 20.0, sample).fast == pytest.approx(arrivals)


def test_a_queue_that_grows_while_slots_are_idle_has_arrived() -> None:
    found = as_arrivals(windows(100.0), 1_400.0, 20.0, before(backlog=1_000.0, growth=20.0))
    assert found.fast == pytest.approx(120.0)


def test_pods_that_have_just_come_did_not_leave_slots_idle_before() -> None:
    """What is counted is of the few that stood; that what many could serve is news."""
    sample = before(backlog=1_000.0, growth=-20.0)
    history = (*sample.history[:-1], sample.history[-1]._replace(throughput=10 * CAN))
    found = as_arrivals(windows(180.0), 600.0, 20.0, sample._replace(history=history))
    assert found.fast == pytest.approx(160.0)


@pytest.mark.parametrize(
    ("known", "told"), [(True, MOST_TOLD), (False, -MOST_TOLD)], ids=["completions", "arrivals"]
)
def test_what_is_known_from_elsewhere_needs_no_backlog(known: bool, told: int) -> None:
    assert tell_counter(windows(600), 0.0, 20.0, None, None, completions=known) == told
    contrary = before(growth=400, told=-told)
    assert tell_counter(windows(600), 8100.0, 20.0, contrary, CAN, completions=known) == told
