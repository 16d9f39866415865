"""A Go module that builds a release of Kubernetes other than the pinned one."""

import re
import subprocess
from pathlib import Path
from typing import Final

from bytebridge.lab.errors import LabError

_MODULE: Final = "k8s.io/kubernetes"


def write_module(go: str, version: str, folder: Path) -> None:
    """Write a go.mod from which `go build -mod=mod` makes the programs of a release.

    What the release requires is taken from its own go.mod, and held against Go's checksum
    database as every module is.

    Args:
        go: The Go command.
        version: Such as v1.34.4.
        folder: Where to; it is made.

    Raises:
        LabError: The release is not to be had.
    """
    folder.mkdir()
    target = folder / "go.mod"
    target.write_text(f"module bytebridge.io/lab/{version}\n\ngo 1.24\n", encoding="utf-8")
    module = f"{_MODULE}@{version}"
    found = subprocess.run(
        [go, "mod", "download", "-json", module],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    published = re.search(r'"GoMod": "(.+)"', found.stdout)
    if published is None:
        raise LabError(f"{module}: Go cannot have it:\n{found.stdout[-500:]}{found.stderr[-500:]}")
    target.write_text(
        module_text(version, Path(published[1]).read_text(encoding="utf-8")), encoding="utf-8"
    )


def module_text(version: str, published: str) -> str:
    """The go.mod, from the one that the release has.

    `k8s.io/kubernetes` names its staging modules v0.0.0 and replaces them by folders of its own
    repository; outside of it each one is the published module of the release.

    Args:
        version: Such as v1.34.4, whose staging modules are v0.34.4.
        published: The text of the release's go.mod.
    """
    staging = "v0." + version.removeprefix("v1.")
    names = re.findall(r"^\s*(\S+) => \./staging/", published, re.MULTILINE)
    language = re.search(r"^go (\S+)$", published, re.MULTILINE)
    lines = [
        f"module bytebridge.io/lab/{version}",
        f"go {language[1] if language else '1.24'}",
        f"require {_MODULE} {version}",
        *(f"replace {name} => {name} {staging}" for name in names),
    ]
    return "\n\n".join(lines) + "\n"
