"""What a Docker engine changes on a machine, and how that is undone."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from e2e.cluster.engine_programs import VARIABLES
from e2e.cluster.firewall import forward_policy, without_docker
from e2e.cluster.process import run

_FORWARDING: Final = Path("/proc/sys/net/ipv4/ip_forward")
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_CGROUPS: Final = Path("/sys/fs/cgroup")


def boot() -> str:
    """What changes with every boot of the machine."""
    return _BOOT.read_text().strip()


def look(environment: Mapping[str, str]) -> dict[str, Any]:
    """The machine before an engine starts, as JSON can carry it.

    Args:
        environment: Of the engine: iptables is on its PATH.
    """
    return {
        "boot": boot(),
        "forwarding": _FORWARDING.read_text().strip(),
        "policy": forward_policy(run(["iptables-save"], environment=environment)),
        "environment": {name: environment[name] for name in VARIABLES if name in environment},
    }


def remove(folder: Path, before: Mapping[str, Any], bridges: Iterable[str]) -> None:
    """Take away bridges, rules of the packet filter, forwarding, mounts and control groups.

    Args:
        folder: The engine's.
        before: What `look` saw.
        bridges: Network devices of Docker's networks, besides docker0.
    """
    environment = {**os.environ, **before["environment"]}
    for bridge in ("docker0", *bridges):
        if Path("/sys/class/net", bridge).exists():
            run(["ip", "link", "delete", bridge], environment=environment)
    for program in ("iptables", "ip6tables"):
        rules = run([f"{program}-save"], environment=environment)
        policy = before["policy"] if program == "iptables" else forward_policy(rules)
        cleaned = without_docker(rules, policy)
        if cleaned != rules:
            run([f"{program}-restore"], environment=environment, given=cleaned)
    _FORWARDING.write_text(before["forwarding"])
    for mount in reversed(_mounts_below(folder)):
        run(["umount", "--lazy", mount])
    for group in (_CGROUPS / "docker", *_CGROUPS.glob("*/docker")):
        _remove_groups(group)


def _mounts_below(folder: Path) -> list[Path]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    mounted = [Path(line.split()[1]) for line in lines]
    return [path for path in mounted if folder in path.parents]


def _remove_groups(root: Path) -> None:
    for folder, _, _ in os.walk(root, topdown=False):
        try:
            Path(folder).rmdir()
        except OSError:
            return  # Processes are in it that are not the engine's.
