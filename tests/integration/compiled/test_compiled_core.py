"""The decision core compiled, as the image has it, beside the interpreted one."""

import json
import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from bytebridge.lab.compiled_core import SOURCES, compile_core, find_or_compile
from bytebridge.lab.errors import LabError

ROOT = Path(__file__).parents[3]
DECISIONS = ROOT / "tests" / "support" / "decisions.py"
MODULES = (
    "import importlib, pkgutil, bytebridge.scaling as core; "
    "print(*(importlib.import_module(f'bytebridge.scaling.{module.name}').__file__"
    " for module in pkgutil.iter_modules(core.__path__)), sep='\\n')"
)


@pytest.fixture(scope="module")
def core() -> Path:
    return find_or_compile(print)


def python(package: Path, *arguments: str) -> str:
    """What a Python says that finds the package in a folder."""
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return result.stdout


def test_each_of_its_modules_is_compiled(core: Path) -> None:
    files = python(core, "-c", MODULES).split()
    sources = [path for path in (SOURCES / "scaling").glob("*.py") if path.stem != "__init__"]
    assert len(files) == len(sources)
    for file in files:
        assert Path(file).is_relative_to(core)
        assert file.endswith(tuple(EXTENSION_SUFFIXES))


@pytest.mark.parametrize(
    "scenario", ["step-30", "crowded-24", "step-slower", "step-scattered", "step-completions"]
)
def test_it_decides_to_the_last_digit_what_the_sources_do(core: Path, scenario: str) -> None:
    interpreted, compiled = (
        [json.loads(line) for line in python(package, str(DECISIONS), scenario, "7").splitlines()]
        for package in (SOURCES.parent, core)
    )
    assert len(compiled) > 300
    assert compiled == interpreted


def test_the_tests_of_the_rules_hold_for_it(core: Path) -> None:
    told = python(core, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/scaling")
    assert " passed" in told.splitlines()[-1]


def test_what_is_compiled_once_is_found_again(core: Path) -> None:
    said: list[str] = []
    assert find_or_compile(said.append) == core
    assert said == []


def test_without_a_compiler_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    with pytest.raises(LabError, match="no C compiler 'no-such-compiler -O2': install gcc"):
        compile_core(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_without_the_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"expected a folder that holds bytebridge\.scaling"):
        compile_core(tmp_path)


def test_what_does_not_compile_is_shown(tmp_path: Path) -> None:
    sources = tmp_path / "bytebridge"
    (sources / "scaling").mkdir(parents=True)
    (sources / "__init__.py").touch()
    (sources / "scaling" / "__init__.py").write_text("replicas: int = 'many'\n")
    with pytest.raises(LabError, match="mypyc failed") as caught:
        compile_core(tmp_path, sources)
    assert "Incompatible types in assignment" in str(caught.value)
