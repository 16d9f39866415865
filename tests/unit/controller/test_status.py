"""What is worth a write of the status."""

from typing import Any

import pytest

from bytebridge.controller.status import says_something_new

TOLD: dict[str, Any] = {
    "desiredReplicas": 3,
    "lastDecision": {"replicas": 3, "reason": "Steady", "message": "130.0 requests/s"},
    "learned": {"templateHash": "a", "slotsPerReplica": 4.0, "startupSeconds": 10.0},
}


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({}, False),
        ({"desiredReplicas": 4}, True),
        ({"lastDecision": TOLD["lastDecision"] | {"message": "131.0 requests/s"}}, False),
        ({"lastDecision": TOLD["lastDecision"] | {"reason": "Backlog"}}, True),
        ({"learned": TOLD["learned"] | {"slotsPerReplica": 4.3}}, False),
        ({"learned": TOLD["learned"] | {"slotsPerReplica": 4.5}}, True),
        ({"learned": TOLD["learned"] | {"templateHash": "b"}}, True),
    ],
    ids=[
        "nothing",
        "replicas",
        "a figure of a message",
        "a reason",
        "slots by little",
        "slots",
        "another template",
    ],
)
def test_only_what_is_new_is_written(change: dict[str, Any], written: bool) -> None:
    assert says_something_new(TOLD | change, TOLD) is written
