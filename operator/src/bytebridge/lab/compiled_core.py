"""The decision core as machine code, compiled by mypyc: for the image, and to measure it here."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import bytebridge
from bytebridge.lab.binaries import cache_folder
from bytebridge.lab.errors import LabError

CORE: Final = "bytebridge.scaling"
SOURCES: Final = Path(bytebridge.__file__).parent
"""The package as it is imported here."""
_KEPT: Final = 3
"""Compiled cores of other sources that stay in the cache."""


def compile_core(target: Path, sources: Path = SOURCES) -> None:
    """Compile the core, and put the extension modules beside the package that a folder holds.

    Args:
        target: Folder with the package `bytebridge`, such as a site-packages.
        sources: That package, uncompiled.

    Raises:
        LabError: mypy, setuptools, a C compiler or Python's headers are missing, or the package is
            not in the folder, or it does not compile.
    """
    _need_compiler()
    if not target.joinpath(*CORE.split(".")).is_dir():
        raise LabError(f"{target}: expected a folder that holds {CORE}, such as a site-packages")
    with tempfile.TemporaryDirectory(prefix="bytebridge-core-") as folder:
        scratch = Path(folder)
        _copy_sources(sources, scratch)
        _run_mypyc(scratch)
        # The one in the root has the code of all; those in the package are doors to it.
        for module in [*scratch.glob("*.so"), *scratch.glob("bytebridge/**/*.so")]:
            shutil.copy2(module, target / module.relative_to(scratch))


def find_or_compile(say: Callable[[str], None] = lambda _: None) -> Path:
    """A folder with the whole package, its core compiled, to stand first on PYTHONPATH.

    It lies in the user's cache folder, under a name for the sources and this Python.

    Raises:
        LabError: As for `compile_core`.
    """
    cache = cache_folder().parent / "compiled"
    cache.mkdir(parents=True, exist_ok=True)
    wanted = cache / f"{sys.implementation.cache_tag}-{_digest(SOURCES)}"
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.is_dir():
            say(f"compiling {CORE}, which takes a minute or two ...")
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                made = Path(scratch, "made")
                _copy_sources(SOURCES, made)
                compile_core(made)
                made.rename(wanted)
            _forget_old(cache)
        wanted.touch()
    return wanted


def _need_compiler() -> None:
    missing = [name for name in ("mypyc", "setuptools") if find_spec(name) is None]
    if missing:
        raise LabError(
            f"{CORE} is not compiled: {' and '.join(missing)} must be installed beside this Python"
        )
    headers = Path(sysconfig.get_path("include"), "Python.h")
    if not headers.is_file():
        raise LabError(
            f"{CORE} is not compiled: Python's headers are not in {headers.parent}: "
            "install them (python3-dev)"
        )
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    if shutil.which(compiler.split()[0]) is None:
        raise LabError(f"{CORE} is not compiled: there is no C compiler {compiler!r}: install gcc")


def _copy_sources(sources: Path, target: Path) -> None:
    compiled = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(sources, target / sources.name, ignore=compiled)


def _run_mypyc(folder: Path) -> None:
    environment = {
        **os.environ,
        "MYPYC_DEBUG_LEVEL": "0",
        # Fused multiply-add, as on arm64, would round otherwise than Python does.
        "CFLAGS": f"{os.environ.get('CFLAGS', '')} -ffp-contract=off",
    }
    result = subprocess.run(
        [sys.executable, "-m", "mypyc", "--explicit-package-bases", "--package", CORE],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        told = (result.stdout + result.stderr)[-4000:]
        raise LabError(f"{CORE}: mypyc failed with {result.returncode}:\n{told}")


def _digest(sources: Path) -> str:
    told = hashlib.sha256()
    for path in sorted(sources.rglob("*.py")):
        told.update(f"{path.relative_to(sources)}\n".encode())
        told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()[:12]


def _forget_old(cache: Path) -> None:
    known = sorted(filter(Path.is_dir, cache.iterdir()), key=lambda path: path.stat().st_mtime)
    for path in known[: -_KEPT - 1]:
        shutil.rmtree(path)
