"""Decision and HPA, one line a case."""

import pytest

from bytebridge.scaling.actuation import (
    CONTESTED_SECONDS,
    STALE_SECONDS,
    Actuation,
    TargetState,
    Written,
    plan_actuation,
)

OURS = Written(scale=20)
CONTESTED = Written(scale=9, contested_at=-190.0)
SETTLED = Written(scale=9, contested_at=-200.0)
"""Asked at 100 s."""


@pytest.mark.parametrize(
    ("decided", "target", "written", "scale_to"),
    [
        pytest.param(20, TargetState(2, True), Written(2), 20, id="up: both at once"),
        pytest.param(20, TargetState(2, False), Written(), 20, id="up: no HPA yet"),
        pytest.param(5, TargetState(5, True), Written(5), None, id="steady: nothing"),
        pytest.param(5, TargetState(9, True), Written(9), 5, id="down: what it raised itself"),
        pytest.param(5, TargetState(9, True), Written(), None, id="a restart: HPA lowers"),
        pytest.param(5, TargetState(9, True), Written(5), None, id="HPA wants more"),
        pytest.param(5, TargetState(9, True), CONTESTED, None, id="HPA wanted more of late"),
        pytest.param(5, TargetState(9, True), SETTLED, 5, id="HPA wanted more long ago"),
        pytest.param(5, TargetState(20, False), OURS, 5, id="down: no metrics-server"),
        pytest.param(5, TargetState(20, False), Written(), 5, id="down after a restart"),
        pytest.param(5, TargetState(30, False), Written(5), None, id="by hand: held"),
        pytest.param(0, TargetState(3, True), Written(3), 0, id="zero: HPA min stays 1"),
        pytest.param(0, TargetState(0, False), Written(0), None, id="zero: stays"),
        pytest.param(4, TargetState(0, False), Written(0), 4, id="wake from zero"),
        pytest.param(3, TargetState(1, True), Written(3), 3, id="by hand below floor"),
    ],
)
def test_what_is_written(
    decided: int, target: TargetState, written: Written, scale_to: int | None
) -> None:
    actuation, _ = plan_actuation(decided, target, written, 100.0, 180.0)
    assert actuation.scale_to == scale_to


def test_replicas_set_by_hand_stand_for_the_hold() -> None:
    target, written = TargetState(30, False), Written(5)
    lowered_at = None
    for time in range(0, 300, 5):
        actuation, written = plan_actuation(5, target, written, time, 180.0)
        if actuation.scale_to is not None:
            lowered_at = time
            break
        assert actuation.note
        assert "by hand" in actuation.note
    assert lowered_at == 180


def test_what_a_person_set_is_not_owned_by_a_decision_that_keeps_it_for_want_of_knowledge() -> None:
    target = TargetState(6, False)
    blind, written = plan_actuation(6, target, Written(2), 100.0, 60.0)
    assert blind.scale_to is None
    soon, written = plan_actuation(3, target, written, 105.0, 60.0)
    assert soon.scale_to is None
    later, _ = plan_actuation(3, target, written, 160.0, 60.0)
    assert later.scale_to == 3


def test_a_steady_service_is_never_written() -> None:
    written = Written(5)
    for time in range(0, 600, 5):
        actuation, written = plan_actuation(5, TargetState(5, True), written, time, 60)
        assert actuation == Actuation()


def test_what_the_hpa_brings_back_is_not_taken_away_again() -> None:
    """The HPA wants eight for its CPU metric, whatever is decided; it looks each 15 s."""
    written, present, lowered = Written(8), 8, 0
    for time in range(0, 3_600, 5):
        decided = 8 if time % 60 < 30 else 6
        actuation, written = plan_actuation(
            decided, TargetState(present, True), written, time, 60.0
        )
        if actuation.scale_to is not None:
            lowered += actuation.scale_to < present
            present = actuation.scale_to
        if time % 15 == 0:
            present = 8
    assert lowered <= 3_600 / CONTESTED_SECONDS


def test_what_the_hpa_is_to_lower_is_never_taken_for_the_operators_own() -> None:
    """Left to the HPA once, a figure that it holds for an hour stays its own."""
    written = Written(100, contested_at=0.0)
    for time in range(0, 3_600, 5):
        actuation, written = plan_actuation(34, TargetState(60, True), written, time, 60.0)
        assert actuation.scale_to is None


@pytest.mark.parametrize(
    ("lowered_to", "ceilings"),
    [
        pytest.param(34, {34}, id="a backlog is gone: the metric is of busier pods"),
        pytest.param(91, {None}, id="a small step"),
    ],
)
def test_while_its_metric_is_old_the_hpa_adds_none(
    lowered_to: int, ceilings: set[int | None]
) -> None:
    actuation, written = plan_actuation(lowered_to, TargetState(100, True), Written(100), 0.0, 60.0)
    seen = {actuation.hpa_ceiling}
    target = TargetState(lowered_to, True)
    for time in range(5, int(STALE_SECONDS), 5):
        actuation, written = plan_actuation(lowered_to, target, written, time, 60.0)
        seen.add(actuation.hpa_ceiling)
    assert seen == ceilings
    later, _ = plan_actuation(lowered_to, target, written, STALE_SECONDS, 60.0)
    assert later == Actuation()


def test_the_ceiling_never_lies_below_what_is_decided() -> None:
    _, written = plan_actuation(34, TargetState(100, True), Written(100), 0.0, 60.0)
    up, _ = plan_actuation(50, TargetState(34, True), written, 20.0, 60.0)
    assert (up.hpa_ceiling, up.scale_to) == (50, 50)
