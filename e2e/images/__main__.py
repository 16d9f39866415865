"""`python -m e2e.images`: builds the images of the end-to-end tests, for people."""

import sys
import time

from e2e.cluster.engine import start_engine
from e2e.cluster.errors import ClusterError
from e2e.images.build import build_all


def _say(words: str) -> None:
    print(words, flush=True)


def main() -> int:
    """Build all images, and say how long it took."""
    begun = time.monotonic()
    try:
        tags = build_all(start_engine(_say), _say)
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _say(f"{len(tags)} images in {time.monotonic() - begun:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
