"""Runs are found again as long as nothing they depend on has changed."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bytebridge.simulation import campaign, kept
from bytebridge.simulation.campaign import Job, perform, perform_all
from bytebridge.simulation.kept import KeptRuns
from bytebridge.simulation.scenarios import Scenario

SMALL = Scenario("small", "a small step", (20.0,) * 60 + (60.0,) * 60, max_replicas=20)
POLICIES = ("bytebridge", "kpa")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the sources that may be changed."""
    copy = tmp_path / "bytebridge"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("scaling", "api", "simulation"):
        shutil.copytree(kept._PACKAGE / name, copy / name, ignore=ignored)
    monkeypatch.setattr(kept, "_PACKAGE", copy)
    forget_hashes()
    yield copy
    forget_hashes()


def forget_hashes() -> None:
    kept._model_hash.cache_clear()
    kept._law_hash.cache_clear()


def found(runs: KeptRuns, scenario: Scenario = SMALL, seed: int = 0) -> list[str]:
    return [p for p in POLICIES if runs.find(scenario, p, seed, with_course=True)]


@pytest.mark.parametrize(
    ("changed", "still_valid"),
    [
        pytest.param("scaling/law.py", ["kpa"], id="the law"),
        pytest.param("api/scaling.py", ["kpa"], id="the API's defaults"),
        pytest.param("simulation/policies/bytebridge.py", ["kpa"], id="what ByteBridge sees"),
        pytest.param("simulation/station.py", [], id="the model"),
        pytest.param("simulation/policies/kpa.py", [], id="a peer"),
        pytest.param("simulation/plots.py", ["bytebridge", "kpa"], id="a plot"),
    ],
)
def test_a_change_of_the_code_leaves_valid_what_does_not_depend_on_it(
    tmp_path: Path, package: Path, changed: str, still_valid: list[str]
) -> None:
    runs = KeptRuns(tmp_path / "runs")
    for run in campaign._runs(perform(Job(SMALL, 0, POLICIES, with_courses=True))):
        runs.keep(SMALL, run)
    assert found(runs) == list(POLICIES)
    with (package / changed).open("a") as file:
        file.write("# changed\n")
    forget_hashes()
    assert found(runs) == still_valid


def test_another_seed_or_scenario_is_another_run(tmp_path: Path) -> None:
    runs = KeptRuns(tmp_path)
    for run in campaign._runs(perform(Job(SMALL, 0, POLICIES, with_courses=True))):
        runs.keep(SMALL, run)
    assert found(runs, seed=1) == []
    assert found(runs, replace(SMALL, max_replicas=19)) == []
    assert found(runs, replace(SMALL, rates=(*SMALL.rates, 60.0))) == []
    assert found(runs, replace(SMALL, recorded=(1.0,))) == []


def test_kept_runs_are_the_same_as_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(SMALL, 0, POLICIES, with_courses=True)
    runs = KeptRuns(tmp_path)
    fresh = perform(job)
    kpa = next(run for run in campaign._runs(fresh) if run.outcome.policy == "kpa")
    runs.keep(SMALL, kpa)
    told: list[Job] = []
    assert perform_all([job], told.append, runs) == [fresh], "one is simulated, one is kept"
    assert told == [job]
    monkeypatch.setattr(campaign, "perform", None)  # what is kept is not simulated again
    assert perform_all([job], told.append, runs) == [fresh]


def test_half_a_file_is_no_run(tmp_path: Path) -> None:
    runs = KeptRuns(tmp_path)
    for run in campaign._runs(perform(Job(SMALL, 0, ("kpa",)))):
        runs.keep(SMALL, run)
    assert runs.find(SMALL, "kpa", 0, with_course=False) is not None
    assert runs.find(SMALL, "kpa", 0, with_course=True) is None, "it has no course"
    path = next(tmp_path.iterdir())
    path.write_text(path.read_text()[:100])
    assert runs.find(SMALL, "kpa", 0, with_course=False) is None
