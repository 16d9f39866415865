"""What was learned of a service, in its status and back."""

import pytest

from bytebridge.api.status import LearnedStatus
from bytebridge.controller.learning import learned_before, learned_status
from bytebridge.scaling.learned import Learned


@pytest.mark.parametrize(
    "learned",
    [
        Learned("a"),
        Learned("a", 4.0, 30.5, 0.5625),
        Learned("a", 32.0, 120.0, None, 4.1, 0.25),
        Learned("a", None, None, None, 5.2e-5, 7.5e-5),
    ],
)
def test_nothing_is_lost_on_the_way(learned: Learned) -> None:
    told = learned_status(learned)
    assert learned_before({"learned": told}) == learned
    assert set(told) == set(LearnedStatus.model_json_schema(by_alias=True)["properties"])


def test_a_status_of_before_is_read() -> None:
    assert learned_before({}) is None
    told = {"templateHash": "a", "slotsPerReplica": 4.0}
    assert learned_before({"learned": told}) == Learned("a", 4.0)
