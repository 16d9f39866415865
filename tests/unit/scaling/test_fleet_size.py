"""When replicas last came or went."""

from bytebridge.scaling.fleet_size import FleetSize


def test_changes_are_remembered() -> None:
    size = FleetSize()
    told = []
    for time, ready in ((0.0, 5), (5.0, 5), (10.0, 8), (15.0, 6), (20.0, 6), (25.0, 7)):
        size.observe(time, ready)
        told.append((size.changed_since, max(0.0, size.fewer_since)))
    assert told == [(0, 0), (0, 0), (10, 0), (15, 15), (15, 15), (25, 15)]
