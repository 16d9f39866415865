"""Where the programs of the lab come from."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bytebridge.lab.errors import LabError

KUBERNETES: Final = "v1.37.2"
_VERSION_FLAG: Final = f"-X k8s.io/component-base/version.gitVersion={KUBERNETES}"
_MODULES: Final = Path(__file__).parent / "modules"


@dataclass(frozen=True, slots=True)
class Program:
    """One program: its version, and how it is built from Go modules."""

    name: str
    version: str
    module: str
    """Folder with the go.mod and go.sum that pin the build."""
    package: str
    """Go import path."""
    linker_flags: str = "-s -w"
    tags: str = ""


PROGRAMS: Final = (
    Program("etcd", "v3.7.3", "etcd", "go.etcd.io/etcd/server/v3"),
    Program(
        "kube-apiserver",
        KUBERNETES,
        "kubernetes",
        "k8s.io/kubernetes/cmd/kube-apiserver",
        f"{_VERSION_FLAG} -s -w",
    ),
    Program(
        "kube-controller-manager",
        KUBERNETES,
        "kubernetes",
        "k8s.io/kubernetes/cmd/kube-controller-manager",
        f"{_VERSION_FLAG} -s -w",
    ),
    Program("kwok", "v0.8.0", "kwok", "sigs.k8s.io/kwok/cmd/kwok"),
    Program(
        "prometheus",
        "v3.16.0",
        "prometheus",
        "github.com/prometheus/prometheus/cmd/prometheus",
        # Service discovery of clouds is most of Prometheus; files are enough for the lab.
        tags="remove_all_sd",
    ),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A program and where it was found."""

    program: Program
    path: Path
    source: str


def cache_folder() -> Path:
    """The user's cache folder for built programs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bytebridge" / "bin"


def find(program: Program) -> Found | None:
    """Look into `$KUBEBUILDER_ASSETS`, then into the cache."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets and (Path(assets) / program.name).is_file():
        return Found(program, Path(assets) / program.name, "KUBEBUILDER_ASSETS")
    cached = cache_folder() / f"{program.name}-{program.version}"
    return Found(program, cached, "cache") if cached.is_file() else None


def find_or_build(program: Program) -> Found:
    """Find a program or build it into the cache; two runs do not build at once.

    Raises:
        LabError: Go is missing, or the build failed.
    """
    found = find(program)
    if found:
        return found
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return find(program) or _build(program, folder)


def _build(program: Program, folder: Path) -> Found:
    go = shutil.which("go")
    if go is None:
        raise LabError(
            f"{program.name} {program.version}: not in $KUBEBUILDER_ASSETS nor in {folder}, and "
            "there is no Go to build it with: install Go 1.26 or newer"
        )
    target = folder / f"{program.name}-{program.version}"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        source, built = Path(scratch, "src"), Path(scratch, program.name)
        shutil.copytree(_MODULES / program.module, source)
        command = [
            *(go, "build", "-mod=mod", "-trimpath", "-tags", program.tags),
            *("-ldflags", program.linker_flags, "-o", str(built), program.package),
        ]
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": ""}
        result = subprocess.run(
            command, cwd=source, env=environment, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise LabError(f"{program.name}: the Go build failed:\n{result.stderr[-4000:]}")
        built.replace(target)
    return Found(program, target, "built from Go modules")
