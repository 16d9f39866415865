"""More replicas that serve no more, told from those that do."""

from math import inf

import pytest

from bytebridge.scaling.ceiling import Ceiling, observe_busy, observe_moment
from bytebridge.scaling.throughput import Busy, Glance

SLOTS, WINDOW, EACH = 2.0, 15.0, 30.0


def _watch(replicas: list[int], limit: float, rates: list[float]) -> Ceiling:
    """A service whose replicas serve 30 a second each, and all of them no more than `limit`."""
    memory, backlog = Ceiling(), 5000.0
    for tick, (ready, rate) in enumerate(zip(replicas, rates, strict=True)):
        backlog += 5 * (rate - min(limit, ready * EACH))
        glance = Glance(5.0 * tick, ready, max(0.0, backlog), rate)
        observe_moment(memory, glance, SLOTS, WINDOW)
    return memory


FIVE_THEN_SIXTY = [5] * 6 + [60] * 8


@pytest.mark.parametrize(
    ("replicas", "limit", "rates", "useful"),
    [
        pytest.param(FIVE_THEN_SIXTY, 1e9, [600.0] * 14, None, id="replicas help"),
        pytest.param(FIVE_THEN_SIXTY, 600.0, [600.0] * 14, 25, id="twenty reach the ceiling"),
        pytest.param(FIVE_THEN_SIXTY, 1200.0, [600.0] * 14, None, id="forty of sixty help enough"),
        pytest.param([60] * 14, 600.0, [600.0] * 14, None, id="one size tells nothing"),
        pytest.param([5] * 6 + [60] * 2, 600.0, [600.0] * 8, None, id="too soon after the change"),
        pytest.param(
            FIVE_THEN_SIXTY, 600.0, [600.0 * 1.2**i for i in range(14)], None, id="rising load"
        ),
        pytest.param([5] * 6 + [6] * 8, 150.0, [600.0] * 14, None, id="sizes too much alike"),
    ],
)
def test_ceiling(replicas: list[int], limit: float, rates: list[float], useful: int | None) -> None:
    assert _watch(replicas, limit, rates).useful_replicas == useful


@pytest.mark.parametrize(
    ("replicas", "limit", "helped"),
    [
        pytest.param(FIVE_THEN_SIXTY, 1e9, True, id="sixty serve twelve times what five did"),
        pytest.param(FIVE_THEN_SIXTY, 1200.0, True, id="eight times: not all, and most of them"),
        pytest.param(FIVE_THEN_SIXTY, 300.0, False, id="twice: the ceiling is near"),
        pytest.param([60] * 14, 1e9, False, id="there were never fewer"),
    ],
)
def test_what_was_seen_to_help(replicas: list[int], limit: float, *, helped: bool) -> None:
    memory = _watch(replicas, limit, [600.0] * 14)
    assert (memory.helped is not None) == helped
    if memory.helped is not None:
        assert memory.helped.fewest == 60
        assert memory.helped.throughput > 10 * 5 * EACH / 2


def test_a_ceiling_is_gone_when_more_is_served() -> None:
    memory = _watch(FIVE_THEN_SIXTY, 600.0, [600.0] * 14)
    assert memory.useful_replicas is not None
    observe_moment(memory, Glance(70.0, 60, 0.0, 650.0), SLOTS, WINDOW)
    assert memory.useful_replicas is not None, "within noise of the ceiling"
    observe_moment(memory, Glance(75.0, 60, 0.0, 700.0), SLOTS, WINDOW)
    assert memory.useful_replicas is None


def test_a_young_ceiling_takes_nothing_away() -> None:
    memory = _watch(FIVE_THEN_SIXTY, 600.0, [600.0] * 14)
    assert not memory.settled(memory.since + 4)
    assert memory.settled(memory.since + 5)


MOST_WAIT = 3000.0
"""What waits when clients begin to give up."""


def _watch_impatient(replicas: list[int], limit: float, *, told: bool) -> Ceiling:
    """Clients leave a queue that is long; the service time tells what replicas can serve."""
    memory, backlog = Ceiling(), 1000.0
    for tick, ready in enumerate(replicas):
        served = min(limit, ready * EACH)
        backlog = min(MOST_WAIT, max(0.0, backlog + 5 * (600 - served)))
        capacity = served if told else inf
        observe_moment(memory, Glance(5.0 * tick, ready, backlog, 600.0, capacity), SLOTS, WINDOW)
    return memory


@pytest.mark.parametrize(
    ("told", "useful"),
    [
        pytest.param(True, None, id="the service time tells what was served"),
        pytest.param(False, 12, id="without it, those who left count as served"),
    ],
)
def test_clients_that_give_up_are_not_served(told: bool, useful: int | None) -> None:
    memory = _watch_impatient([4] * 30 + [11] * 4, 1e9, told=told)
    assert (memory.useful_replicas is None) == (useful is None)


def test_a_queue_that_clients_leave_lifts_no_ceiling() -> None:
    memory = _watch_impatient([5] * 4 + [60] * 40, 400.0, told=True)
    assert memory.useful_replicas == 17
    observe_moment(memory, Glance(220.0, 60, MOST_WAIT, 600.0, 1800.0), SLOTS, WINDOW)
    assert memory.useful_replicas is None, "the service time shows that more is served"


def test_a_young_ceiling_is_not_lifted_by_a_queue() -> None:
    memory = _watch(FIVE_THEN_SIXTY, 600.0, [600.0] * 14)
    busy = Busy(memory.since + 59, 5, 5, 900.0)
    observe_busy(memory, busy)
    assert memory.throughput is not None
    observe_busy(memory, busy._replace(time=memory.since + 60))
    assert memory.throughput is None


def _reading(time: float, replicas: int, served: float) -> Busy:
    return Busy(time, replicas, replicas, served)


def _found(served: float = 600.0, replicas: int = 60) -> Ceiling:
    """Five served 150, then sixty no more than this."""
    memory = Ceiling()
    for busy in (_reading(0, 5, 150.0), *(_reading(t, replicas, served) for t in (35, 40))):
        observe_busy(memory, busy)
    return memory


def test_what_came_last_tells_of_replicas_that_are_soon_ready() -> None:
    """Ten seconds after the step they serve: there are no two intervals of one size before."""
    replicas, limit, backlog = [5] * 2 + [43] + [79] * 3, 800.0, 5000.0
    by_newest, by_window = Ceiling(), Ceiling()
    for tick, ready in enumerate(replicas):
        backlog += 5 * (600 - min(limit, ready * EACH)) if tick else 0
        glance = Glance(5.0 * tick, ready, backlog, (300.0, 550.0)[tick] if tick < 2 else 600.0)
        observe_moment(by_window, glance, SLOTS, WINDOW)
        observe_moment(by_newest, glance._replace(newest=600.0), SLOTS, WINDOW)
    assert by_window.useful_replicas is None
    assert by_newest.useful_replicas == 34


def test_a_suspicion_ends_with_the_queue() -> None:
    memory = Ceiling()
    observe_busy(memory, _reading(0, 5, 150.0))
    observe_busy(memory, _reading(35, 60, 200.0))
    assert memory.suspected == 1
    observe_moment(memory, Glance(40.0, 60, 0.0, 190.0), SLOTS, WINDOW)
    assert memory.suspected == 0


@pytest.mark.parametrize(
    ("arriving", "capacity", "useful"),
    [
        pytest.param(600.0, 700.0, 30, id="requests take too long for sixty"),
        pytest.param(600.0, 1800.0, None, id="sixty could serve more"),
        pytest.param(1000.0, 700.0, None, id="sixty serve much more than five did"),
    ],
)
def test_when_nothing_waits(arriving: float, capacity: float, useful: int | None) -> None:
    memory = Ceiling()
    observe_busy(memory, _reading(0, 5, 150.0))
    for time in (35.0, 40.0):
        observe_moment(memory, Glance(time, 60, 0.0, arriving, capacity), SLOTS, WINDOW)
    assert memory.useful_replicas == useful


@pytest.mark.parametrize(
    ("slots", "useful"),
    [
        pytest.param(2.0, 30, id="as many as then"),
        pytest.param(1.7, 30, id="about as many"),
        pytest.param(1.5, None, id="fewer: it is they that less could be served by"),
    ],
)
def test_when_nothing_waits_and_slots_were_learned_anew(slots: float, useful: int | None) -> None:
    memory = Ceiling()
    observe_busy(memory, _reading(0, 5, 150.0)._replace(slots=2.0))
    for time in (35.0, 40.0):
        observe_moment(memory, Glance(time, 60, 0.0, 600.0, 700.0), slots, WINDOW)
    assert memory.useful_replicas == useful


def test_slots_are_those_of_the_time_when_requests_waited() -> None:
    memory = _watch([5] * 6, 1e9, [600.0] * 6)
    assert memory.reference is not None
    assert memory.reference.slots == SLOTS


@pytest.mark.parametrize(
    ("fewer", "served", "stands"),
    [
        pytest.param(30, 590.0, True, id="as much by half of them"),
        pytest.param(30, 300.0, False, id="half by half of them"),
        pytest.param(15, 440.0, True, id="as much as fifteen ever served"),
        pytest.param(10, 290.0, True, id="as much as ten ever served, far below the ceiling"),
        pytest.param(55, 300.0, True, id="too many to tell"),
    ],
)
def test_a_ceiling_is_doubted_by_what_fewer_serve(fewer: int, served: float, stands: bool) -> None:
    memory = _found()
    for time in (50, 55):
        observe_busy(memory, _reading(time, fewer, served)._replace(left=served))
    assert (memory.throughput is not None) == stands


def test_a_measured_service_time_of_more_replicas_is_no_reason_to_doubt() -> None:
    memory = _found()
    memory.glances.size.fewer_since = 45.0
    lagging = _reading(50, 30, 300.0)._replace(left=600.0)
    for time in (50, 55):
        observe_busy(memory, lagging._replace(time=time))
    assert memory.throughput is not None
    for time in (105, 110):
        observe_busy(memory, lagging._replace(time=time))
    assert memory.throughput is None


def test_fewer_are_not_doubted_by_what_was_begun_beside_many() -> None:
    """Sixty of sixty slots at 600/s are busy for 6 s: so those that stay are, and as long again."""
    memory = _found()
    memory.glances.size.fewer_since = 45.0
    slow = _reading(50, 30, 300.0)._replace(left=300.0)
    for time in (50.0, 55.0):
        observe_busy(memory, slow._replace(time=time), slots=60.0)
    assert memory.throughput is not None
    for time in (60.0, 65.0):
        observe_busy(memory, slow._replace(time=time), slots=60.0)
    assert memory.throughput is None


def test_what_was_refuted_is_not_soon_believed_again() -> None:
    memory = _found()
    for time in (50, 55):
        observe_busy(memory, _reading(time, 30, 300.0)._replace(left=300.0))
    assert memory.disbelieved(654)
    assert not memory.disbelieved(655)
    observe_busy(memory, _reading(85, 10, 300.0))
    for time in range(90, 145, 5):
        observe_busy(memory, _reading(time, 60, 300.0))
    assert memory.throughput is None, "a minute of readings is needed"
    observe_busy(memory, _reading(145, 60, 300.0))
    assert memory.throughput == 300.0


def test_replicas_that_became_slower_before_others_came_are_no_ceiling() -> None:
    memory = Ceiling()
    readings = [(0, 5, 150.0), (10, 5, 60.0), (35, 60, 720.0), (40, 60, 720.0)]
    for reading in readings:
        observe_busy(memory, _reading(*reading))
    assert memory.useful_replicas is None


def test_readings_amid_a_change_raise_no_ceiling() -> None:
    memory = _found()
    observe_busy(memory, _reading(45, 60, 680.0)._replace(fewest=50))
    assert memory.throughput == 600.0
    observe_busy(memory, _reading(50, 60, 680.0))
    assert memory.throughput == 680.0


@pytest.mark.parametrize(
    ("stood", "newest", "served"),
    [
        pytest.param(60, 450.0, 150.0, id="an inferred rate that is too low"),
        pytest.param(60, 500.0, 100.0, id="one that may be true"),
        pytest.param(55, 450.0, 50.0, id="replicas whose service time is not known yet"),
    ],
)
def test_replicas_that_stand_serve_what_their_service_time_says(
    stood: int, newest: float, served: float
) -> None:
    memory = Ceiling()
    for time, backlog in ((0, 0.0), (stood - 5, 1000.0), (stood, 3000.0)):
        glance = Glance(float(time), 5, backlog, 300.0 + time, 150.0, newest)
        observe_moment(memory, glance, SLOTS, WINDOW)
    assert memory.reference is not None
    assert memory.reference.throughput == pytest.approx(served)


@pytest.mark.parametrize(
    ("steady", "useful"),
    [
        pytest.param(True, 38, id="twice the replicas, two steady readings"),
        pytest.param(False, None, id="one interval each: too few to tell"),
    ],
)
def test_noise_needs_more_replicas_to_stand_out(steady: bool, useful: int | None) -> None:
    memory = Ceiling()
    for time, replicas in ((0, 30), (35, 60), (40, 60)):
        observe_busy(memory, _reading(time, replicas, 900.0)._replace(steady=steady))
    assert memory.useful_replicas == useful


def test_a_queue_that_clients_leave_after_replicas_went_lifts_no_ceiling() -> None:
    memory = _found()
    memory.glances.size.fewer_since = 95.0
    observe_busy(memory, _reading(154, 30, 900.0))
    assert memory.throughput == 600.0
    observe_busy(memory, _reading(155, 30, 900.0))
    assert memory.throughput is None


def test_a_reading_of_long_ago_is_compared_with_nothing() -> None:
    memory = Ceiling()
    observe_busy(memory, _reading(0, 5, 150.0))
    for time in (121.0, 126.0):
        observe_moment(memory, Glance(time, 60, 0.0, 600.0, 700.0), SLOTS, WINDOW)
    assert memory.useful_replicas is None


@pytest.mark.parametrize(
    ("ready", "shared"),
    [
        pytest.param([5] * 6, True, id="the same"),
        pytest.param([5, 5, 9, 9, 9, 9], False, id="some came while requests waited"),
        pytest.param([9, 9, 5, 5, 5, 5], False, id="or went"),
    ],
)
def test_replicas_that_came_later_may_have_none_of_what_waits(
    ready: list[int], shared: bool
) -> None:
    memory = Ceiling()
    for tick, count in enumerate(ready):
        observe_moment(memory, Glance(5.0 * tick, count, 900.0 + tick, 600.0), SLOTS, WINDOW)
    assert memory.busy is not None
    assert memory.busy.shared is shared


def test_what_waits_later_is_shared_by_all_that_have_come() -> None:
    memory = Ceiling()
    for tick, count in enumerate([5, 5, 9, 9, 9, 9, 9, 9]):
        waiting = 0.0 if tick == 3 else 900.0 + tick
        observe_moment(memory, Glance(5.0 * tick, count, waiting, 600.0), SLOTS, WINDOW)
    assert memory.busy is not None
    assert memory.busy.shared


@pytest.mark.parametrize(
    ("least", "useful"),
    [
        pytest.param(inf, 25, id="nobody tells"),
        pytest.param(8.0, 25, id="lines before nine tenths of them at least"),
        pytest.param(2.0, 25, id="no slot of theirs is free"),
        pytest.param(1.5, None, id="some have a free slot: what waits does so elsewhere"),
        pytest.param(0.0, None, id="some are idle"),
    ],
)
def test_replicas_that_are_idle_beside_a_backlog_show_no_ceiling(
    least: float, useful: int | None
) -> None:
    memory, backlog = Ceiling(), 5000.0
    for tick, ready in enumerate(FIVE_THEN_SIXTY):
        backlog += 5 * (600.0 - min(600.0, ready * EACH))
        few = least if ready == 60 else inf
        glance = Glance(5.0 * tick, ready, backlog, 600.0, least=few)
        observe_moment(memory, glance, SLOTS, WINDOW)
    assert memory.useful_replicas == useful


@pytest.mark.parametrize(
    ("told", "growth", "served"),
    [
        pytest.param(True, 300.0, 300.0, id="what counts is known: the rest is served"),
        pytest.param(False, 300.0, None, id="is it taken off, or was it never counted?"),
        pytest.param(False, 30.0, 570.0, id="too little to matter"),
        pytest.param(False, -100.0, 700.0, id="what waited is worked off"),
    ],
)
def test_what_is_served_where_nobody_knows_what_is_counted(
    told: bool, growth: float, served: float | None
) -> None:
    memory = Ceiling()
    for tick in range(4):
        backlog = 5000.0 + 5 * growth * tick
        observe_moment(memory, Glance(5.0 * tick, 5, backlog, 600.0, told=told), SLOTS, WINDOW)
    assert (memory.busy and memory.busy.throughput) == served


def test_a_backlog_that_would_be_none_for_more_replicas_is_still_that_of_the_old_ones() -> None:
    memory = Ceiling()
    for tick, (ready, backlog) in enumerate([(5, 900.0), (5, 901.0), (60, 100.0)]):
        observe_moment(memory, Glance(5.0 * tick, ready, backlog, 600.0), SLOTS, WINDOW)
    assert not memory.glances.shared_by(60)
    observe_moment(memory, Glance(15.0, 60, 59.0, 600.0), SLOTS, WINDOW)
    assert memory.glances.shared_by(60)
