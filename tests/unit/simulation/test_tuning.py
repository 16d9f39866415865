"""Candidates, the front, and what is recommended how surely."""

from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bytebridge.cli.main import app
from bytebridge.simulation import tuning
from bytebridge.simulation.outcome import Outcome
from bytebridge.simulation.scenarios import Scenario
from bytebridge.simulation.tuning import (
    Parameters,
    Trial,
    candidates,
    choose_finalists,
    difference,
    front,
    interval,
    present_parameters,
    recommend,
    standing_replicas,
    tune,
    with_parameters,
)

PRESENT = Parameters(2, 20, 90, 60)
STEP = Scenario("small", "a small step", (20.0,) * 120 + (120.0,) * 180, max_replicas=20)


def outcome(over: float, hours: float, failed: float = 0.0) -> Outcome:
    return Outcome(
        "s", "bytebridge", 0, 1000, over, failed, 0.1, 0.1, 0.1, over, hours, 3, 1, 0, 9
    )  # fmt: skip


def trial(over: float, hours: float, hold: int = 60, failed: float = 0.0) -> Trial:
    return Trial(replace(PRESENT, hold_seconds=hold), (outcome(over, hours, failed),) * 2)


def test_candidates_begin_with_the_present_and_its_neighbours() -> None:
    found = candidates(STEP, PRESENT, 0.05)
    assert found[0] == PRESENT
    assert len(set(found)) == len(found)
    neighbours = found[1 : 1 + 4 + 4 + 1]
    assert all(
        sum(a != b for a, b in zip(vars_of(one), vars_of(PRESENT), strict=True)) == 1
        for one in neighbours
    )
    assert all(one.min_replicas <= one.max_replicas for one in found)
    assert {one.max_replicas for one in found} == {20}, "a lower maximum is not tried"
    low = candidates(STEP, replace(PRESENT, max_replicas=3), 0.05)
    assert {one.max_replicas for one in low} == {3, 5}, "a quarter above 120 x 0.06 / 2"


@pytest.mark.parametrize(
    ("busy", "allowed", "replicas"),
    [
        pytest.param([1.0] * 90 + [9.0] * 10, 0.05, 10, id="half of the requests are of surges"),
        pytest.param([1.0] * 99 + [4.0], 0.05, 2, id="a surge that may be late"),
        pytest.param([1.0] * 99 + [4.0], 0.01, 5, id="one that may not"),
        pytest.param([0.0] * 9, 0.05, 1, id="no load"),
    ],
)
def test_replicas_that_stand_for_surges(busy: list[float], allowed: float, replicas: int) -> None:
    assert standing_replicas(busy, allowed) == replicas


def test_one_that_stands_for_surges_is_tried() -> None:
    assert 4 in {one.min_replicas for one in candidates(STEP, PRESENT, 0.05)}


def vars_of(one: Parameters) -> tuple[int, ...]:
    return (
        one.min_replicas, one.max_replicas, one.target_utilization_percent, one.hold_seconds,
    )  # fmt: skip


def test_parameters_reach_the_service_and_its_bounds() -> None:
    wanted = Parameters(3, 17, 60, 120)
    changed = with_parameters(STEP, wanted)
    assert present_parameters(changed.spec()) == wanted
    assert (changed.min_replicas, changed.max_replicas) == (3, 17)
    assert changed.spec().spec.scaling.objective == STEP.spec().spec.scaling.objective


@pytest.mark.parametrize(
    ("startup", "held"),
    [
        pytest.param(30.0, 60, id="a minute"),
        pytest.param(300.0, 300, id="as long as pods take to start"),
    ],
)
def test_a_hold_that_is_not_set_is_what_the_law_makes_of_it(startup: float, held: int) -> None:
    slow = replace(STEP, model=replace(STEP.model, startup_seconds=startup))
    assert present_parameters(slow.spec()).hold_seconds == held


def test_front_holds_what_no_other_beats() -> None:
    cheap, middle, dear = trial(0.05, 1.0), trial(0.03, 2.0), trial(0.01, 3.0)
    beaten, as_good = trial(0.04, 2.5), trial(0.03, 2.2)
    assert front([dear, beaten, cheap, as_good, middle]) == [cheap, middle, dear]


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        pytest.param(0.05, 1.0, id="the cheapest that holds"),
        pytest.param(0.02, 3.0, id="only the dearest holds"),
        pytest.param(0.001, 3.0, id="none holds: the fewest over"),
    ],
)
def test_recommended(allowed: float, expected: float) -> None:
    edge = [trial(0.05, 1.0), trial(0.03, 2.0), trial(0.01, 3.0)]
    assert recommend(edge, edge[0], allowed).cost == expected


def test_more_failures_are_never_recommended() -> None:
    edge = [trial(0.01, 1.0, failed=0.001), trial(0.005, 2.0)]
    assert recommend(edge, trial(0.005, 2.5), 0.05).cost == 2.0


def test_every_seed_must_hold() -> None:
    unsure = Trial(PRESENT, (outcome(0.01, 1.0), outcome(0.06, 1.0)))
    sure = trial(0.04, 2.0, hold=120)
    assert recommend([unsure, sure], unsure, 0.05) is sure


def test_finalists_are_the_present_and_the_front_near_the_recommended() -> None:
    edge = [trial(0.06 - 0.001 * n, 1.0 + n, hold=100 + n) for n in range(30)]
    now = trial(0.2, 50.0)
    found = choose_finalists([now, *edge], PRESENT, 0.05)
    assert found[0] is now
    assert len(found) == 10
    assert found[1].cost == 11.0, "the first at 5 %"
    assert max(t.cost for t in found[1:]) <= 16.0


@pytest.mark.parametrize(
    ("values", "mean", "half_width"),
    [
        pytest.param([1.0], 1.0, inf, id="one seed tells nothing of chance"),
        pytest.param([1.0, 3.0], 2.0, 12.706, id="two"),
        pytest.param([1.0, 2.0, 3.0, 4.0, 5.0], 3.0, 2.776 * 0.70711, id="five"),
    ],
)
def test_interval_is_students(values: list[float], mean: float, half_width: float) -> None:
    found = interval(values)
    assert found.mean == mean
    assert found.half_width == pytest.approx(half_width, rel=1e-3)


def test_differences_are_taken_seed_by_seed() -> None:
    one = Trial(PRESENT, tuple(outcome(0.01 * n + 0.001, 1.0) for n in range(5)))
    other = Trial(PRESENT, tuple(outcome(0.01 * n, 1.0) for n in range(5)))
    found = difference(one, other, lambda o: o.over_share)
    assert found.mean == pytest.approx(0.001)
    assert not found.within_noise, "each seed differs by the same"
    assert difference(one, other, lambda o: o.replica_hours).within_noise


def test_tuning_tries_candidates_and_tells_how_far_it_is() -> None:
    told: list[float] = []
    found = tune([STEP, STEP], PRESENT, 0.05, 30.0, told.append)
    assert found.tried == found.candidates
    assert len(found.present.outcomes) == len(found.recommended.outcomes) == 2
    assert found.recommended in (found.present, *found.front)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_tuning_keeps_to_its_time() -> None:
    found = tune([STEP, STEP], PRESENT, 0.05, 0.0, lambda _: None)
    assert 1 <= found.tried < found.candidates


def test_what_may_be_noise_is_not_recommended() -> None:
    now = trial(0.02, 2.0)
    cheaper = trial(0.02, 1.0, hold=30)
    found = tuning._tuning([now, cheaper], PRESENT, 0.05, (2, 2))
    assert found.recommended is cheaper
    once = [Trial(one.parameters, one.outcomes[:1]) for one in (now, cheaper)]
    found = tuning._tuning(once, PRESENT, 0.05, (2, 2))
    assert found.recommended is found.present, "one seed cannot tell"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    service, trace = tmp_path / "service.yaml", tmp_path / "trace.csv"
    service.write_text(
        yaml.safe_dump(STEP.spec().model_dump(mode="json", by_alias=True, exclude_none=True))
    )
    times = [n / 20 for n in range(2400)] + [120 + n / 120 for n in range(7200)]
    trace.write_text("seconds\n" + "\n".join(map(str, times)))
    return str(service), str(trace)


def test_command(files: tuple[str, str]) -> None:
    service, trace = files
    options = ["--service", service, "--trace", trace, "--seeds", "2", "--seconds", "5"]
    result = CliRunner().invoke(app, ["tune", *options])
    assert result.exit_code == 0, result.output
    assert "present" in result.output
    assert "95 % confidence interval" in result.output
    assert "another day" in result.output


def test_without_an_objective_there_is_nothing_to_weigh(
    files: tuple[str, str], tmp_path: Path
) -> None:
    worker = tmp_path / "worker.yaml"
    text = yaml.safe_load(Path(files[0]).read_text())
    del text["spec"]["scaling"]["objective"]
    text["spec"]["scaling"]["queue"] = {"drainSeconds": 60}
    worker.write_text(yaml.safe_dump(text))
    result = CliRunner().invoke(app, ["tune", "--service", str(worker), "--trace", files[1]])
    assert result.exit_code == 2
    assert "objective" in result.output
