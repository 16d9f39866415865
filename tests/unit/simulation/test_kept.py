"""Runs are found again as long as nothing they depend on has changed."""

import shutil
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bytebridge.simulation import campaign, kept
from bytebridge.simulation.campaign import perform_all
from bytebridge.simulation.job import Job, Result, perform
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


def keep_all(runs: KeptRuns) -> None:
    for policy in POLICIES:
        runs.keep(SMALL, campaign._run(perform(Job(SMALL, 0, (policy,), with_courses=True))))


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
        pytest.param("simulation/trace.py", ["bytebridge", "kpa"], id="how a trace is read"),
        pytest.param("simulation/plots.py", ["bytebridge", "kpa"], id="a plot"),
    ],
)
def test_a_change_of_the_code_leaves_valid_what_does_not_depend_on_it(
    tmp_path: Path, package: Path, changed: str, still_valid: list[str]
) -> None:
    runs = KeptRuns(tmp_path / "runs")
    keep_all(runs)
    assert found(runs) == list(POLICIES)
    with (package / changed).open("a") as file:
        file.write("# changed\n")
    forget_hashes()
    assert found(runs) == still_valid


def test_another_seed_or_scenario_is_another_run(tmp_path: Path) -> None:
    runs = KeptRuns(tmp_path)
    keep_all(runs)
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
    runs.keep(SMALL, campaign._run(perform(replace(job, policies=("kpa",)))))
    told: list[str] = []

    def done(_: Job, policy: str) -> None:
        told.append(policy)

    assert perform_all([job], done, runs) == [fresh], "one is simulated, one is kept"
    assert told == ["kpa", "bytebridge"]
    monkeypatch.setattr(campaign, "perform", None)  # what is kept is not simulated again
    assert perform_all([job], done, runs) == [fresh]


def test_half_a_file_is_no_run(tmp_path: Path) -> None:
    runs = KeptRuns(tmp_path)
    runs.keep(SMALL, campaign._run(perform(Job(SMALL, 0, ("kpa",)))))
    assert runs.find(SMALL, "kpa", 0, with_course=False) is not None
    assert runs.find(SMALL, "kpa", 0, with_course=True) is None, "it has no course"
    path = next(tmp_path.iterdir())
    path.write_text(path.read_text()[:100])
    assert runs.find(SMALL, "kpa", 0, with_course=False) is None


def submit_and_give_up(jobs: int) -> list[Future[Result]]:
    waiting: list[Future[Result]] = []
    with suppress(KeyboardInterrupt), campaign._processes(1) as submit:
        waiting += [submit(Job(SMALL, seed, ("kpa",))) for seed in range(jobs)]
        raise KeyboardInterrupt
    return waiting


def test_ctrl_c_leaves_what_has_not_begun() -> None:
    waiting = submit_and_give_up(20)
    assert sum(future.cancelled() for future in waiting) > 10
