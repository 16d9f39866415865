"""When replicas last came or went."""

from math import inf

import pytest

from bytebridge.scaling.fleet_size import FleetSize


def test_changes_are_remembered() -> None:
    size = FleetSize()
    told = []
    for time, ready in ((0.0, 5), (5.0, 5), (10.0, 8), (15.0, 6), (20.0, 6), (25.0, 7)):
        size.observe(time, ready)
        told.append((size.changed_since, max(0.0, size.fewer_since)))
    assert told == [(0, 0), (0, 0), (10, 0), (15, 15), (15, 15), (25, 15)]


@pytest.mark.parametrize("first", [0, 5])
def test_what_stands_at_the_first_look_was_not_seen_to_come(first: int) -> None:
    size = FleetSize()
    size.observe(0.0, first)
    assert size.seen_to_change_at == -inf
    size.observe(5.0, first + 1)
    assert size.seen_to_change_at == 5


def test_a_replica_or_two_of_many_make_no_difference_to_each_of_them() -> None:
    size = FleetSize()
    told = []
    for time, ready in ((0.0, 20), (5.0, 22), (10.0, 18), (15.0, 23), (20.0, 21), (25.0, 20)):
        size.observe(time, ready)
        told.append((size.nearly, size.nearly_since))
    assert told == [(20, 0), (20, 0), (20, 0), (23, 15), (23, 15), (20, 25)]
