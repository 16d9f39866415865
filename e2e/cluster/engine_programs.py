"""What our own Docker engine runs: Debian's dockerd, iptables, and a runtime that works here."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bytebridge.lab.debian import FoundServer, Server, find_or_unpack, find_server, unpack_folder
from e2e.cluster import runc_wrapper
from e2e.cluster.errors import ClusterError

DOCKER: Final = Server(("dockerd",), "docker.io", ("usr/sbin", "usr/bin"))
VARIABLES: Final = ("PATH", "LD_LIBRARY_PATH", "XTABLES_LIBDIR")
"""What `environment` sets."""

_MULTI: Final = ("xtables-nft-multi", "xtables-legacy-multi")
_IPTABLES: Final = Server(_MULTI, "iptables", ("usr/sbin",))
_WITH_DOCKER: Final = Server(_MULTI, DOCKER.package, ("usr/sbin",))
_CLIENT: Final = Server(("docker",), "docker-cli", ("usr/bin",))
_IP: Final = Server(("ip",), "iproute2", ("bin", "sbin", "usr/bin", "usr/sbin"))
_RUNTIME: Final = "runc-as-able"


def find_client() -> Path | None:
    """The client `docker` on PATH, or among what was unpacked."""
    installed = shutil.which("docker")
    if installed:
        return Path(installed)
    packages = (DOCKER.package, _CLIENT.package)
    unpacked = [unpack_folder() / package / "usr/bin/docker" for package in packages]
    return next((client for client in unpacked if client.is_file()), None)


def find_or_unpack_client() -> None:
    """See to it that there is a client; from Debian 13 on it is a package of its own."""
    if find_client() is None:
        find_or_unpack(_CLIENT)


def environment(server: FoundServer, tools: Path) -> dict[str, str]:
    """The environment of dockerd: it finds iptables and its companions on PATH.

    Args:
        server: The dockerd that was found.
        tools: A folder of links, made anew.
    """
    iptables = find_server(_WITH_DOCKER) or find_or_unpack(_IPTABLES)
    ip = find_or_unpack(_IP)
    libraries = [*server.libraries, *iptables.libraries, *ip.libraries]
    base = iptables.path.parents[2]  # <base>/usr/sbin/xtables-nft-multi
    extensions = sorted(base.glob("usr/lib/*/xtables"))
    root = server.path.parents[2]
    values = {
        **os.environ,
        "PATH": ":".join(
            [str(tools), *(str(root / folder) for folder in DOCKER.folders), os.environ["PATH"]]
        ),
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        "XTABLES_LIBDIR": str(extensions[-1]) if extensions else "",
    }
    _link(tools, iptables.path.parent, ip.path, values)
    return {name: value for name, value in values.items() if value or name not in VARIABLES}


def _link(tools: Path, folder: Path, ip: Path, values: Mapping[str, str]) -> None:
    shutil.rmtree(tools, ignore_errors=True)
    tools.mkdir(parents=True)
    (tools / "ip").symlink_to(ip)
    multi = _working_iptables(folder, values)
    for family in ("iptables", "ip6tables"):
        for name in (family, f"{family}-save", f"{family}-restore"):
            (tools / name).symlink_to(multi)


def _working_iptables(folder: Path, values: Mapping[str, str]) -> Path:
    """The nft kind, or the older one where the kernel has no nft."""
    for name in _MULTI:
        program = folder / name
        asked = subprocess.run(
            [program, "iptables", "-t", "nat", "-S"],
            env=values,
            capture_output=True,
            check=False,
        )
        if asked.returncode == 0:
            return program
    raise ClusterError("neither kind of iptables can list the table nat: this kernel lacks both")


def runtime_options(server: FoundServer, tools: Path, values: Mapping[str, str]) -> list[str]:
    """Options of dockerd: a runtime that does without what this machine lacks, only where it does.

    Args:
        server: The dockerd that was found.
        tools: Where the runtime is put.
        values: dockerd's environment.
    """
    if not runc_wrapper.missing_here():
        return []
    runc = shutil.which("runc", path=values["PATH"])
    if runc is None:
        raise ClusterError(f"{server.path} has no runc on its PATH: install runc")
    source = tools / "runc_wrapper.py"
    shutil.copyfile(runc_wrapper.__file__, source)
    wrapper = tools / _RUNTIME
    # The interpreter below the virtual environment: the engine may outlive that.
    python = Path(sys.executable).resolve()
    wrapper.write_text(
        f'#!/bin/sh\n{runc_wrapper.RUNC_VARIABLE}="{runc}" exec "{python}" -I -S "{source}" "$@"\n'
    )
    wrapper.chmod(0o755)
    return ["--add-runtime", f"{_RUNTIME}={wrapper}", "--default-runtime", _RUNTIME]
