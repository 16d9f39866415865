"""Runs that are kept in the user's cache folder: peers need not be simulated again and again.

A run is found again by the code that makes it, its scenario, its policy and its seed. The law and
the API belong to ByteBridge's runs alone, so that work on the law leaves those of the peers valid.
"""

import hashlib
import json
import os
import sys
import tempfile
from array import array
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from bytebridge.simulation.engine import Snapshot
from bytebridge.simulation.outcome import Course, Outcome
from bytebridge.simulation.policies.registry import BYTEBRIDGE
from bytebridge.simulation.scenarios import Scenario

_PACKAGE = Path(__file__).parent.parent
_OWN = ("scaling", "api")
"""Packages that decide for ByteBridge and nobody else."""
_OWN_POLICY = frozenset({"bytebridge.py", "law.py"})
"""The same of the policies."""
_BESIDE = frozenset(
    {
        "bars.py",
        "campaign.py",
        "document.py",
        "kept.py",
        "plots.py",
        "profile.py",
        "progress.py",
        "replay.py",
        "report.py",
        "sketch.py",
        "summary.py",
        "table.py",
        "trace.py",
        "tuning.py",
    }
)
"""Modules that only make the load of a scenario, which is part of the key, or spread or show runs.
One that is missing here costs time, and never a wrong figure."""


def cache_folder() -> Path:
    """Where runs are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bytebridge" / "simulation"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """One policy on one workload."""

    outcome: Outcome
    course: Course | None


class KeptRuns:
    """Runs by what they depend on; one small JSON file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(
        self, scenario: Scenario, policy: str, seed: int, *, with_course: bool
    ) -> KeptRun | None:
        """A run of before; `None` when there is none, or none with a course where one is wanted."""
        try:
            data = json.loads(self._path(scenario, policy, seed).read_text(encoding="utf-8"))
            run = _read(data)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return None if with_course and run.course is None else run

    def keep(self, scenario: Scenario, run: KeptRun) -> None:
        """Keep a run; renamed into place, so that nobody reads half of it."""
        path = self._path(scenario, run.outcome.policy, run.outcome.seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, delete=False, encoding="utf-8"
        ) as draft:
            json.dump(
                {
                    "outcome": asdict(run.outcome),
                    "course": asdict(run.course) if run.course else None,
                },
                draft,
            )
        Path(draft.name).replace(path)

    def _path(self, scenario: Scenario, policy: str, seed: int) -> Path:
        code = _law_hash() if policy == BYTEBRIDGE else _model_hash()
        key = hashlib.sha256(f"{code} {_scenario_hash(scenario)} {policy} {seed}".encode())
        return self._folder / f"{key.hexdigest()[:40]}.json"


def _read(data: dict[str, Any]) -> KeptRun:
    course = data["course"]
    if course is not None:
        course = Course(
            scenario=course["scenario"],
            policy=course["policy"],
            load=tuple(course["load"]),
            p95=tuple(course["p95"]),
            snapshots=tuple(Snapshot(**snapshot) for snapshot in course["snapshots"]),
        )
    return KeptRun(Outcome(**data["outcome"]), course)


@cache
def _model_hash() -> str:
    """Of the code on which every run depends."""
    folder = _PACKAGE / "simulation"
    return _hash_of(
        path for path in sorted(folder.rglob("*.py")) if path.name not in _BESIDE | _OWN_POLICY
    )


@cache
def _law_hash() -> str:
    """Of that and the code on which ByteBridge's runs depend as well."""
    own = (path for name in _OWN for path in sorted((_PACKAGE / name).rglob("*.py")))
    policy = (_PACKAGE / "simulation" / "policies" / name for name in sorted(_OWN_POLICY))
    return _model_hash() + _hash_of((*own, *policy))


def _hash_of(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in paths:
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _scenario_hash(scenario: Scenario) -> str:
    """Of everything a scenario says; its long columns as bytes, which is quick."""
    digest = hashlib.sha256(repr(replace(scenario, rates=(), recorded=None)).encode())
    digest.update(array("d", scenario.rates).tobytes())
    digest.update(array("d", scenario.recorded or ()).tobytes())
    return digest.hexdigest()
