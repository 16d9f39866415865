"""The database as the bottleneck, and readers that lag."""

import pytest

from bytebridge.budget.guard import DatabaseSignals, GuardMemory, watch_lag, watch_pressure

WAITING, CALM, UNKNOWN = DatabaseSignals(waiting=7), DatabaseSignals(waiting=0), DatabaseSignals()
FULL = DatabaseSignals(used=182)


def bound_after(*steps: tuple[float, DatabaseSignals, int]) -> int | None:
    memory = GuardMemory()
    for time, signals, replicas in steps:
        watch_pressure(memory, time, signals, 190, replicas)
    return memory.bound


@pytest.mark.parametrize(
    ("steps", "bound"),
    [
        ([(0, WAITING, 10)], None),
        ([(0, WAITING, 10), (29, WAITING, 12)], None),
        ([(0, WAITING, 10), (30, WAITING, 12)], 12),
        ([(0, WAITING, 10), (15, CALM, 10), (30, WAITING, 12)], None),
        ([(0, WAITING, 10), (30, WAITING, 12), (35, WAITING, 8)], 12),
        ([(0, WAITING, 10), (30, WAITING, 12), (35, CALM, 12), (94, CALM, 12)], 12),
        ([(0, WAITING, 10), (30, WAITING, 12), (35, CALM, 12), (95, CALM, 12)], None),
        ([(0, WAITING, 10), (30, WAITING, 12), (999, UNKNOWN, 12)], 12),
        ([(0, WAITING, 10), (30, WAITING, 12), (40, UNKNOWN, 12), (159, UNKNOWN, 12)], 12),
        ([(0, WAITING, 10), (30, WAITING, 12), (40, UNKNOWN, 12), (160, UNKNOWN, 12)], None),
        ([(0, FULL, 10), (30, FULL, 10)], 10),
        ([(0, DatabaseSignals(used=170), 10), (30, DatabaseSignals(used=170), 10)], None),
    ],
)
def test_replicas_are_bound_while_clients_wait(
    steps: list[tuple[float, DatabaseSignals, int]], bound: int | None
) -> None:
    assert bound_after(*steps) == bound


def _lag(**seconds: float) -> DatabaseSignals:
    return DatabaseSignals(lag_seconds=seconds)


@pytest.mark.parametrize(
    ("steps", "left_out"),
    [
        ([(0, _lag(a=31, b=0))], None),
        ([(0, _lag(a=31, b=0)), (60, _lag(a=31, b=0))], "a"),
        ([(0, _lag(a=31)), (30, _lag(a=29)), (60, _lag(a=31))], None),
        ([(0, _lag(a=31, b=40)), (60, _lag(a=31, b=40))], "b"),  # one at a time, the worst
        ([(0, _lag(a=99)), (60, _lag(a=99)), (61, _lag(a=16)), (130, _lag(a=16))], "a"),
        ([(0, _lag(a=99)), (60, _lag(a=99)), (61, _lag(a=14)), (121, _lag(a=14))], None),
        ([(0, _lag(a=99)), (60, _lag(a=99)), (500, _lag())], "a"),  # unknown: nothing changes
    ],
)
def test_a_lagging_reader_is_left_out_after_a_hold(
    steps: list[tuple[float, DatabaseSignals]], left_out: str | None
) -> None:
    memory = GuardMemory()
    for time, signals in steps:
        watch_lag(memory, time, signals, 30)
    assert memory.left_out == left_out
