"""A process that outlives the one that starts it, known by its number."""

import os
from pathlib import Path


def spawn(command: list[str], environment: dict[str, str], log: Path) -> int:
    """Start a process that outlives this one, and return its number."""
    with log.open("w") as output:
        return os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
            ],
            setsid=True,
        )


def command_line(pid: int) -> list[str]:
    """The words of a process' command line; none if it has ended, buried or not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return []


def has_ended(pid: int) -> bool:
    """Whether a child has ended; it is buried then."""
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return False  # Another process has started it, and takes note of its end.
