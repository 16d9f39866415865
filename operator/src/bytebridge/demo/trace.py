"""The recorded trace: how busy production was, window by window."""

import csv
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from importlib.resources import files
from itertools import pairwise

WINDOW_SECONDS = 10.0
"""Shorter windows of this trace, about 7 requests a second, cannot tell bursts from chance."""

_EXCERPT = "azure-llm-conversation-2023.csv"
_MICROSECONDS = len("2023-11-16 18:41:00.021181")


def load_trace() -> list[float]:
    """Read the shipped excerpt: seconds of each request since the first one's."""
    text = files("bytebridge.demo").joinpath("data", _EXCERPT).read_text(encoding="utf-8")
    return parse_trace(text.splitlines())


def parse_trace(lines: Iterable[str]) -> list[float]:
    """Read a trace with a TIMESTAMP column.

    Args:
        lines: CSV with a header, ordered by time.

    Returns:
        Seconds of each request since the first one's.

    Raises:
        ValueError: There is no request, or the requests are not in order.
    """
    moments = [
        # The seventh decimal is more than datetime knows.
        datetime.fromisoformat(row["TIMESTAMP"][:_MICROSECONDS])
        for row in csv.DictReader(lines)
    ]
    if not moments:
        raise ValueError("the trace has no request: expected rows with a TIMESTAMP column")
    if any(later < earlier for earlier, later in pairwise(moments)):
        raise ValueError("the trace's TIMESTAMP column is not in order: sort the rows by it")
    return [(moment - moments[0]).total_seconds() for moment in moments]


def relative_intensity(arrivals: list[float], window_seconds: float) -> list[float]:
    """How busy each window of the trace was; 1 is its mean.

    Args:
        arrivals: Seconds since the trace's start, ascending.
        window_seconds: Length of a window; the last, incomplete one is left out.
    """
    windows = max(1, int(arrivals[-1] // window_seconds))
    counts = Counter(int(arrival // window_seconds) for arrival in arrivals)
    mean = sum(counts[window] for window in range(windows)) / windows
    return [counts[window] / mean for window in range(windows)]
