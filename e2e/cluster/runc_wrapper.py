"""runc for a machine that lacks a capability: what cannot be given is not asked for.

Docker gives a privileged container every capability that the kernel knows. Where the machine's own
bounding set lacks one (CAP_SYS_RESOURCE in some virtual machines), runc then fails with "unable to
apply caps: operation not permitted". This file is Docker's runtime there: it takes the missing
names out of the bundle's config.json (`create`, `run`) and of the process file (`exec`), and then
becomes runc. It runs alone, with Python's standard library only.

Source: https://github.com/opencontainers/runtime-spec/blob/main/config.md#linux-process
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

RUNC_VARIABLE: Final = "BYTEBRIDGE_RUNC"
"""Environment variable with the path of the real runc."""

# In the order of the kernel's numbers, see include/uapi/linux/capability.h.
_NAMES: Final = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO "
    "SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME "
    "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG "
    "WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
)
CAPABILITIES: Final = tuple(f"CAP_{name}" for name in _NAMES.split())


def missing_capabilities(status: str, last: int) -> frozenset[str]:
    """Capabilities that the kernel knows and that this process can never have.

    Args:
        status: The text of /proc/self/status.
        last: The number in /proc/sys/kernel/cap_last_cap.
    """
    field = next(line for line in status.splitlines() if line.startswith("CapBnd:"))
    bounding = int(field.split()[1], 16)
    known = CAPABILITIES[: last + 1]
    return frozenset(name for bit, name in enumerate(known) if not bounding >> bit & 1)


def missing_here() -> frozenset[str]:
    """The same of this machine."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    return missing_capabilities(Path("/proc/self/status").read_text(), last)


def without(process: dict[str, Any], missing: Iterable[str]) -> dict[str, Any]:
    """A process of the runtime specification that does not ask for the missing capabilities."""
    gone = frozenset(missing)
    sets = process.get("capabilities")
    if not sets:
        return process
    kept = {kind: [name for name in names if name not in gone] for kind, names in sets.items()}
    return {**process, "capabilities": kept}


def file_to_edit(arguments: Sequence[str]) -> tuple[Path, bool] | None:
    """The file that describes the process, and whether it is a bundle's configuration."""
    for command, options, bundle in (
        ("create", ("--bundle", "-b"), True),
        ("run", ("--bundle", "-b"), True),
        ("exec", ("--process", "-p"), False),
    ):
        if command in arguments:
            value = _option(arguments[arguments.index(command) :], options)
            if bundle:
                return Path(value or ".", "config.json"), True
            return (Path(value), False) if value else None
    return None


def _option(arguments: Sequence[str], names: Sequence[str]) -> str | None:
    for position, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in names:
            return value if equals else arguments[position + 1]
    return None


def edit(path: Path, is_bundle: bool, missing: Iterable[str]) -> None:
    """Take the missing capabilities out of a file of the runtime specification."""
    content = json.loads(path.read_text())
    if is_bundle:
        content["process"] = without(content["process"], missing)
    else:
        content = without(content, missing)
    path.write_text(json.dumps(content))


def main() -> None:
    """Edit what the arguments name, and become runc."""
    found = file_to_edit(sys.argv[1:])
    if found:
        edit(*found, missing_here())
    runc = os.environ[RUNC_VARIABLE]
    os.execv(runc, [runc, *sys.argv[1:]])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
