"""Database servers from Debian's packages: found, or downloaded and unpacked; never installed."""

import glob
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bytebridge.lab.errors import LabError


@dataclass(frozen=True, slots=True)
class Server:
    """A server's program, by any of its names."""

    names: tuple[str, ...]
    package: str
    folders: tuple[str, ...] = ("usr/bin", "usr/sbin")
    """Where it is below the root, besides PATH; the last that matches wins."""


POSTGRES: Final = Server(("postgres",), "postgresql", ("usr/lib/postgresql/*/bin",))
PGBOUNCER: Final = Server(("pgbouncer",), "pgbouncer")
VALKEY: Final = Server(("valkey-server", "redis-server"), "redis-server")
SERVERS: Final = (POSTGRES, PGBOUNCER, VALKEY)


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server's program, and what it needs in its environment."""

    path: Path
    libraries: tuple[Path, ...] = ()
    """Folders for LD_LIBRARY_PATH."""

    def command(self, *arguments: str, program: str | None = None) -> list[str]:
        """A command line of the server, or of a program that lies beside it."""
        path = self.path if program is None else self.path.parent / program
        if not self.libraries:
            return [str(path), *arguments]
        libraries = ":".join(map(str, self.libraries))
        return ["/usr/bin/env", f"LD_LIBRARY_PATH={libraries}", str(path), *arguments]


def unpack_folder() -> Path:
    """Where packages are unpacked; a folder that other users can enter, as root runs no server."""
    if os.geteuid() == 0:
        return Path("/var/cache/bytebridge/debian")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bytebridge" / "debian"


def find_server(server: Server) -> FoundServer | None:
    """Look on this machine, then among what was unpacked."""
    for name in server.names:
        installed = _below(Path("/"), server, name)
        if installed is not None:
            return FoundServer(installed.resolve())
        on_path = shutil.which(name)
        if on_path is not None:
            return FoundServer(Path(on_path).resolve())
    root = unpack_folder() / server.package
    for name in server.names:
        unpacked = _below(root, server, name)
        if unpacked is not None:
            return FoundServer(unpacked, _libraries(root))
    return None


def find_or_unpack(server: Server) -> FoundServer:
    """Find a server or unpack its packages.

    Raises:
        LabError: It is not there and cannot be had; the message says what to install.
    """
    found = find_server(server)
    if found is not None:
        return found
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise LabError(
            f"{server.names[0]} is not installed, and there is no apt-get to download it with: "
            f"install {' or '.join(server.names)} (Debian's package is {server.package})"
        )
    _unpack(server)
    found = find_server(server)
    if found is None:
        raise LabError(f"Debian's package {server.package} has none of {', '.join(server.names)}")
    return found


def as_another_user(command: list[str]) -> list[str]:
    """The command as `nobody` where the present user is root: PostgreSQL and PgBouncer refuse root.

    Raises:
        LabError: There is no setpriv.
    """
    if os.geteuid() != 0:
        return command
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise LabError("PostgreSQL does not run as root: install setpriv (package util-linux)")
    return [setpriv, "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--", *command]


def folder_for_servers(prefix: str) -> Path:
    """A temporary folder that belongs to the user that the servers run as."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    return folder


def _below(root: Path, server: Server, name: str) -> Path | None:
    for folder in server.folders:
        matches = sorted(glob.glob(str(root / folder / name)))  # noqa: PTH207 - folder has a *
        if matches:
            return Path(matches[-1])
    return None


def _libraries(root: Path) -> tuple[Path, ...]:
    triplet = f"{platform.machine()}-linux-gnu"
    return tuple(
        folder for folder in (root / "usr/lib" / triplet, root / "lib" / triplet) if folder.is_dir()
    )


def _unpack(server: Server) -> None:
    target = unpack_folder() / server.package
    target.parent.mkdir(parents=True, exist_ok=True)
    if not _candidate(server.package):
        _update_lists(server)
    wanted = [server.package, *_missing_dependencies(server.package)]
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        tree = Path(scratch, "tree")
        _run(["apt-get", "download", *wanted], Path(scratch), server)
        for archive in sorted(Path(scratch).glob("*.deb")):
            _run(["dpkg-deb", "--extract", str(archive), str(tree)], Path(scratch), server)
        if os.geteuid() == 0:
            tree.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        tree.replace(target)


def _update_lists(server: Server) -> None:
    if os.geteuid() != 0:
        raise LabError(
            f"{server.names[0]} is not installed, and apt knows no package {server.package}: "
            f"run `apt-get update` as root, or install {server.package}"
        )
    _run(["apt-get", "update", "--quiet"], Path("/"), server)


def _candidate(package: str) -> bool:
    shown = subprocess.run(
        ["apt-cache", "show", "--no-all-versions", package],  # noqa: S607 - PATH's own apt
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.returncode == 0 and bool(shown.stdout.strip())


def _missing_dependencies(package: str) -> list[str]:
    """Packages that it needs and that are not installed."""
    options = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"]
    listed = subprocess.run(
        ["apt-cache", "depends", "--recurse", *(f"--no-{option}" for option in options), package],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line for line in listed.stdout.splitlines() if line and line[0].isalnum()}
    return sorted(name for name in names - {package} if not _installed(name) and _candidate(name))


def _installed(package: str) -> bool:
    asked = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Status}", package],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return "install ok installed" in asked.stdout


def _run(command: list[str], folder: Path, server: Server) -> None:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        raise LabError(
            f"{server.names[0]} is not installed, and `{' '.join(command[:2])}` failed: install "
            f"{server.package}\n{result.stderr[-2000:]}"
        )
