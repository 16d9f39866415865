"""Where the programs of the lab come from."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bytebridge.lab.download import DownloadError, Release, architecture, download
from bytebridge.lab.errors import LabError
from bytebridge.lab.kubernetes_module import write_module

KUBERNETES: Final = "v1.37.2"
OLDEST_MINOR: Final = 34
"""Before 1.34 MutatingAdmissionPolicy, by which the lab binds its pods, was no beta yet."""
VERSION_VARIABLE: Final = "BYTEBRIDGE_LAB_KUBERNETES"
"""Environment variable that asks for another release of Kubernetes, such as 1.34.4."""
_MODULES: Final = Path(__file__).parent / "modules"


@dataclass(frozen=True, slots=True)
class Program:
    """One program: its version, and how it is built from Go modules."""

    name: str
    version: str
    module: Path | None
    """Folder with the go.mod and go.sum that pin the build; `None`: see `write_module`."""
    package: str
    """Go import path."""
    release: Release | None
    """`None`: nobody publishes it as it is wanted here; it is built."""
    linker_flags: str = "-s -w"
    tags: str = ""


def kubernetes(name: str, version: str = KUBERNETES) -> Program:
    """A program of Kubernetes, as its own release builds it.

    Args:
        name: Of the program.
        version: Such as v1.34.4; only the newest has a module that pins its build.
    """
    url = f"https://dl.k8s.io/{version}/bin/linux/{{arch}}/{name}"
    return Program(
        name,
        version,
        _MODULES / "kubernetes" if version == KUBERNETES else None,
        f"k8s.io/kubernetes/cmd/{name}",
        Release(url, f"{url}.sha256"),
        f"-X k8s.io/component-base/version.gitVersion={version} -s -w",
    )


def _github(repository: str, version: str, file: str, checksums: str, member: str) -> Release:
    base = f"https://github.com/{repository}/releases/download/{version}"
    return Release(f"{base}/{file}", f"{base}/{checksums}", member)


def _prometheus(name: str) -> Program:
    return Program(
        name,
        "v3.16.0",
        _MODULES / "prometheus",
        f"github.com/prometheus/prometheus/cmd/{name}",
        _github(
            "prometheus/prometheus",
            "v3.16.0",
            "prometheus-3.16.0.linux-{arch}.tar.gz",
            "sha256sums.txt",
            f"prometheus-3.16.0.linux-{{arch}}/{name}",
        ),
        # Service discovery of clouds is most of Prometheus; files are enough for the lab.
        tags="remove_all_sd",
    )


PROGRAMS: Final = (
    Program(
        "etcd",
        "v3.7.3",
        _MODULES / "etcd",
        "go.etcd.io/etcd/server/v3",
        _github(
            "etcd-io/etcd",
            "v3.7.3",
            "etcd-v3.7.3-linux-{arch}.tar.gz",
            "SHA256SUMS",
            "etcd-v3.7.3-linux-{arch}/etcd",
        ),
    ),
    kubernetes("kube-apiserver"),
    kubernetes("kube-controller-manager"),
    Program(
        "kwok",
        "v0.8.0",
        _MODULES / "kwok",
        "sigs.k8s.io/kwok/cmd/kwok",
        Release(
            "https://github.com/kubernetes-sigs/kwok/releases/download/v0.8.0/kwok-linux-{arch}",
            "https://api.github.com/repos/kubernetes-sigs/kwok/releases/tags/v0.8.0",
        ),
    ),
    _prometheus("prometheus"),
)
"""What the local cluster runs, unless `$BYTEBRIDGE_LAB_KUBERNETES` asks for another release."""

PROMTOOL: Final = _prometheus("promtool")
"""What tests the alerts; of the same release as the Prometheus."""

_HELM_VERSION: Final = "v4.3.1"
_HELM_URL: Final = f"https://get.helm.sh/helm-{_HELM_VERSION}-linux-{{arch}}.tar.gz"
HELM: Final = Program(
    "helm",
    _HELM_VERSION,
    _MODULES / "helm",
    "helm.sh/helm/v4/cmd/helm",
    Release(_HELM_URL, f"{_HELM_URL}.sha256sum", "linux-{arch}/helm"),
    f"-X helm.sh/helm/v4/internal/version.version={_HELM_VERSION} -s -w",
)
"""What renders and checks the chart; no cluster runs it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A program and where it was found."""

    program: Program
    path: Path
    source: str


def programs() -> tuple[Program, ...]:
    """What the local cluster runs, of the Kubernetes that the environment asks for.

    Raises:
        LabError: `$BYTEBRIDGE_LAB_KUBERNETES` is no version.
    """
    asked = os.environ.get(VERSION_VARIABLE)
    if not asked:
        return PROGRAMS
    version = f"v{asked.removeprefix('v')}"
    parts = re.fullmatch(r"v1\.(\d+)\.\d+", version)
    if parts is None or int(parts[1]) < OLDEST_MINOR:
        raise LabError(
            f"{VERSION_VARIABLE} is {asked}: it must be a release such as 1.34.4, "
            f"and no older than 1.{OLDEST_MINOR}"
        )
    if version == KUBERNETES:
        return PROGRAMS
    return tuple(
        kubernetes(program.name, version) if program.version == KUBERNETES else program
        for program in PROGRAMS
    )


def cache_folder() -> Path:
    """The user's cache folder for built programs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bytebridge" / "bin"


def find(program: Program) -> Found | None:
    """Look into `$KUBEBUILDER_ASSETS`, unless a release is asked for, then into the cache."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets and program.module is not None and (Path(assets) / program.name).is_file():
        return Found(program, Path(assets) / program.name, "KUBEBUILDER_ASSETS")
    cached = cache_folder() / f"{program.name}-{program.version}"
    return Found(program, cached, "cache") if cached.is_file() else None


def find_or_make(program: Program, say: Callable[[str], None] = lambda _: None) -> Found:
    """Find a program, or else download it, or else build it; two runs do not make it at once.

    Args:
        program: What is wanted.
        say: Told what takes its time.

    Raises:
        LabError: It is nowhere, and Go is missing or the build failed.
    """
    found = find(program)
    if found:
        return found
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return find(program) or _download(program, folder, say) or _build(program, folder, say)


def _download(program: Program, folder: Path, say: Callable[[str], None]) -> Found | None:
    machine = architecture()
    if machine is None or program.release is None:
        return None
    say(f"downloading {program.name} {program.version} ...")
    target = folder / f"{program.name}-{program.version}"
    try:
        download(program.release.for_machine(machine), target)
    except DownloadError as error:
        say(f"not downloaded: {error}")
        return None
    return Found(program, target, "official release")


def _build(program: Program, folder: Path, say: Callable[[str], None]) -> Found:
    go = shutil.which("go")
    if go is None:
        raise LabError(
            f"{program.name} {program.version}: not in $KUBEBUILDER_ASSETS nor in {folder}, its "
            "release is out of reach, and there is no Go to build it with: install Go 1.26 or newer"
        )
    say(f"building {program.name} {program.version} from Go modules, which takes minutes ...")
    target = folder / f"{program.name}-{program.version}"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        source, built = Path(scratch, "src"), Path(scratch, program.name)
        if program.module is None:
            write_module(go, program.version, source)
        else:
            shutil.copytree(program.module, source)
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
