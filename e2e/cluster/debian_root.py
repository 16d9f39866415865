"""Debian's root file system for a node, from the packages that the machine's own apt reaches."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bytebridge.lab.debian import Server, find_or_unpack
from bytebridge.lab.errors import LabError
from e2e.cluster.errors import ClusterError
from e2e.cluster.process import run

MIRROR_VARIABLE: Final = "BYTEBRIDGE_DEBIAN_MIRROR"
"""Environment variable: the archive to take packages from, instead of apt's own."""

SUITE: Final = "bookworm"
"""Its systemd, 252, still runs on control groups of version 1."""

PACKAGES: Final = (
    # What kind's own base image installs, less what only rootless or network storage needs.
    *("systemd", "dbus", "conntrack", "iptables", "nftables", "iproute2", "ethtool", "util-linux"),
    *("mount", "kmod", "libseccomp2", "pigz", "bash", "ca-certificates", "jq", "procps"),
    # kubectl port-forward's helper, and the container runtime's runtime.
    *("socat", "runc"),
)

_DEBOOTSTRAP: Final = Server(("debootstrap",), "debootstrap", ("usr/sbin",))
_SECONDS: Final = 900.0


def mirror() -> str:
    """The archive of packages: the variable's, or the first of Debian's that apt is set up with.

    Raises:
        ClusterError: There is neither; the message names the variable.
    """
    given = os.environ.get(MIRROR_VARIABLE)
    if given:
        return given
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(REPO_URI)"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    found = archive_in(listed.stdout)
    if found is None:
        raise ClusterError(
            "apt is set up with no archive of Debian, which a node's packages come from: run "
            f"`apt-get update`, or set {MIRROR_VARIABLE} to the address of one"
        )
    return found


def archive_in(targets: str) -> str | None:
    """Debian's main archive among apt's index targets.

    Args:
        targets: A line each: origin, code name, address.
    """
    for line in targets.splitlines():
        origin, name, address = line.split()[:3]
        if origin == "Debian" and "-" not in name:
            return address
    return None


def make_root(target: Path, packages: Sequence[str] = PACKAGES, suite: str = SUITE) -> None:
    """Make a minimal Debian with these packages in a folder that is not there yet.

    Raises:
        ClusterError: This is not root, or debootstrap failed.
    """
    if os.geteuid() != 0:
        raise ClusterError(
            "a root file system from packages is made by root only: run this as root"
        )
    try:
        debootstrap = find_or_unpack(_DEBOOTSTRAP).path
    except LabError as error:
        raise ClusterError(str(error)) from error
    base = debootstrap.parents[2]
    environment = {
        **os.environ,
        "DEBOOTSTRAP_DIR": str(base / "usr/share/debootstrap"),
        "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin:{base / 'usr/bin'}",
    }
    command = [
        *(str(debootstrap), "--variant=minbase", f"--include={','.join(packages)}"),
        *(suite, str(target), mirror()),
    ]
    run(command, environment=environment, timeout_seconds=_SECONDS)
    _make_small(target)


def _make_small(root: Path) -> None:
    for folder in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man"):
        shutil.rmtree(root / folder, ignore_errors=True)
        (root / folder).mkdir(parents=True)
    shutil.rmtree(root / "usr/share/locale", ignore_errors=True)


def scratch_folder(parent: Path) -> "tempfile.TemporaryDirectory[str]":
    """A folder for what is only needed while building, on the disk of the engine's folder."""
    parent.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=parent, prefix="build-")
