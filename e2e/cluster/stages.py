"""How long each stage took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Say = Callable[[str], None]


@contextmanager
def stage(title: str, say: Say) -> Iterator[None]:
    """Say that a stage begins, and how many seconds it took."""
    say(f"{title} ...")
    begun = time.monotonic()
    yield
    say(f"{title}: {time.monotonic() - begun:.1f} s")
