"""The files of a node that are not Debian's: kind's own, ours, and the programs."""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from bytebridge.lab.binaries import Program
from e2e.cluster.programs import CNI_PLUGINS, KUBERNETES_VERSION, NODE, RUNTIME

OWN_FILES: Final = Path(__file__).parent / "node" / "files"
BASE_FILES: Final = Path("images/base/files")
"""Within kind's sources."""

_HOOK: Final = {"path": "/kind/bin/mount-product-files.sh"}


def write_tree(
    tree: Path, sources: Path, programs: Mapping[str, Path], default_specification: str
) -> None:
    """Write all files but the images.

    Args:
        tree: The node's root folder, not there yet.
        sources: Of kind.
        programs: Where each program lies, by name.
        default_specification: What `ctr oci spec` writes.
    """
    shutil.copytree(sources / BASE_FILES, tree)
    shutil.copytree(OWN_FILES, tree, dirs_exist_ok=True)
    _set_modes(tree)
    for folder, wanted in (
        ("usr/bin", NODE),
        ("usr/local/bin", RUNTIME),
        ("opt/cni/bin", CNI_PLUGINS),
    ):
        _copy_programs(tree / folder, wanted, programs)
    (tree / "kind/version").write_text(KUBERNETES_VERSION)
    specification = json.dumps(container_specification(json.loads(default_specification)))
    (tree / "etc/containerd/cri-base.json").write_text(specification)


def container_specification(default: dict[str, Any]) -> dict[str, Any]:
    """The base of every container: kind's hook, and no resource limits.

    Limits above the node's own could not be set where CAP_SYS_RESOURCE is missing. kind's base
    image makes the same file with jq.
    """
    process = {name: value for name, value in default["process"].items() if name != "rlimits"}
    hooks = default.get("hooks", {})
    created = [*hooks.get("createContainer", []), _HOOK]
    return {**default, "process": process, "hooks": {**hooks, "createContainer": created}}


def _set_modes(tree: Path) -> None:
    """Modules in Go's cache are read-only and have no executables."""
    for path in tree.rglob("*"):
        runs = path.is_dir() or path.parent.name == "bin"
        path.chmod(0o755 if runs else 0o644)
    tree.chmod(0o755)


def _copy_programs(folder: Path, wanted: Iterable[Program], programs: Mapping[str, Path]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for program in wanted:
        shutil.copy(programs[program.name], folder / program.name)
