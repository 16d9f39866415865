"""Loopback ports for the components."""

import random
import socket
from collections.abc import Iterator

LOOPBACK = "127.0.0.1"

# Below the ephemeral range of Linux (32768) and macOS (49152): no outgoing connection can take the
# port of a component that is stopped and started again.
_LOWEST, _HIGHEST = 20_000, 32_000


def free_ports() -> Iterator[int]:
    """Yield distinct loopback ports that nothing listens on."""
    candidates = list(range(_LOWEST, _HIGHEST))
    random.shuffle(candidates)
    return (port for port in candidates if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
