"""The programs that a lab runs: which, in which version, and where they are found on this machine."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bytebridge.lab.errors import LabError

Version = tuple[int, int]

_KUBERNETES_LDFLAGS: Final = "-X k8s.io/component-base/version.gitVersion=v1.37.2 -s -w"
_VERSION_TIMEOUT_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Binary:
    """One program.

    Attributes:
        name: File name of the program.
        version: The version that is built, as the project names its release.
        module: Folder under `lab/modules` whose go.mod and go.sum pin the build.
        package: Go import path of its main package.
        oldest: Oldest version that is accepted when the machine brings its own.
        ldflags: Linker flags of the build.
        tags: Build tags.
        in_assets: Whether `$KUBEBUILDER_ASSETS` may hold it.
        in_path: Whether one on `$PATH` is used.
    """

    name: str
    version: str
    module: str
    package: str
    oldest: Version
    ldflags: str = "-s -w"
    tags: str = ""
    in_assets: bool = False
    in_path: bool = False


ETCD: Final = Binary(
    "etcd", "v3.7.3", "etcd", "go.etcd.io/etcd/server/v3", oldest=(3, 5), in_assets=True
)
# 1.36 is the first release with MutatingAdmissionPolicy in admissionregistration.k8s.io/v1; an API
# server must not be older than the controller manager, hence the newer bound.
API_SERVER: Final = Binary(
    "kube-apiserver",
    "v1.37.2",
    "kubernetes",
    "k8s.io/kubernetes/cmd/kube-apiserver",
    oldest=(1, 37),
    ldflags=_KUBERNETES_LDFLAGS,
    in_assets=True,
)
CONTROLLER_MANAGER: Final = Binary(
    "kube-controller-manager",
    "v1.37.2",
    "kubernetes",
    "k8s.io/kubernetes/cmd/kube-controller-manager",
    oldest=(1, 37),
    ldflags=_KUBERNETES_LDFLAGS,
    in_assets=True,
)
KWOK: Final = Binary("kwok", "v0.8.0", "kwok", "sigs.k8s.io/kwok/cmd/kwok", oldest=(0, 8))
PROMETHEUS: Final = Binary(
    "prometheus",
    "v3.16.0",
    "prometheus",
    "github.com/prometheus/prometheus/cmd/prometheus",
    oldest=(2, 40),
    tags="remove_all_sd",
    in_path=True,
)
METRICS_SERVER: Final = Binary(
    "metrics-server",
    "v0.9.0",
    "metrics-server",
    "sigs.k8s.io/metrics-server/cmd/metrics-server",
    oldest=(0, 9),
)

ALL: Final = (ETCD, API_SERVER, CONTROLLER_MANAGER, KWOK, PROMETHEUS, METRICS_SERVER)


@dataclass(frozen=True, slots=True)
class Located:
    """Where a program was found; `source` says by which rule."""

    binary: Binary
    path: Path
    source: str


def cache_folder(environment: Mapping[str, str]) -> Path:
    """The user's folder of built programs."""
    cache = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "bytebridge" / "bin"


def cached_path(binary: Binary, environment: Mapping[str, str]) -> Path:
    """Where a built program is kept."""
    return cache_folder(environment) / f"{binary.name}-{binary.version}"


def locate(binary: Binary, environment: Mapping[str, str]) -> Located | None:
    """Look a program up: `$KUBEBUILDER_ASSETS`, the cache folder, `$PATH` where that is allowed."""
    assets = environment.get("KUBEBUILDER_ASSETS")
    if binary.in_assets and assets:
        candidate = Path(assets) / binary.name
        if _is_recent(binary, candidate):
            return Located(binary, candidate, "KUBEBUILDER_ASSETS")
    cached = cached_path(binary, environment)
    if os.access(cached, os.X_OK):
        return Located(binary, cached, "cache")
    found = shutil.which(binary.name, path=environment.get("PATH")) if binary.in_path else None
    if found and _is_recent(binary, Path(found)):
        return Located(binary, Path(found), "PATH")
    return None


def required(environment: Mapping[str, str]) -> dict[str, Path]:
    """Paths of all programs, by name.

    Raises:
        LabError: Some are not on this machine yet.
    """
    located = [(binary, locate(binary, environment)) for binary in ALL]
    missing = [f"{binary.name} {binary.version}" for binary, place in located if place is None]
    if missing:
        raise LabError(
            f"the lab needs {', '.join(missing)} (on {platform.system()} {platform.machine()}), "
            "not found: run `bytebridge lab binaries`, which builds what is missing"
        )
    return {binary.name: place.path for binary, place in located if place is not None}


def parsed_version(output: str) -> Version | None:
    """The first `major.minor` that follows the word version, `v`, or the program's name."""
    match = re.search(r"\bv?(\d+)\.(\d+)\.\d+", output)
    return (int(match[1]), int(match[2])) if match else None


def _is_recent(binary: Binary, path: Path) -> bool:
    if not os.access(path, os.X_OK):
        return False
    try:
        answer = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = parsed_version(answer.stdout + answer.stderr)
    return version is not None and version >= binary.oldest
