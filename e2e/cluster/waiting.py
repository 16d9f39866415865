"""Waiting for what comes by itself."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from e2e.cluster.errors import ClusterError

Answer = TypeVar("Answer")


def until_it_works(
    ask: Callable[[], Answer], within_seconds: float, pause_seconds: float = 0.5
) -> Answer:
    """Ask again while asking raises ClusterError.

    Raises:
        ClusterError: The last one, once the time is over.
    """
    return Retrying(
        stop=stop_after_delay(within_seconds),
        wait=wait_fixed(pause_seconds),
        retry=retry_if_exception_type(ClusterError),
        reraise=True,
    )(ask)
