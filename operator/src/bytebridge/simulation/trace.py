"""Recorded arrivals from a CSV file, and more of the same."""

import csv
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

JITTER_SECONDS = 3.0
"""Copies of a recorded request come within so many seconds of it, before or after."""
RATE_WINDOW_SECONDS = 4
"""About as fine as the jitter leaves the load: the oracle knows each burst."""


class TraceError(ValueError):
    """A trace that cannot be read; the message names file and line."""


def read_trace(path: Path) -> list[float]:
    """Read the first column of a CSV file as times of arrival.

    A column whose heading ends in `_ms` holds milliseconds; otherwise it holds seconds, or dates
    in ISO 8601 (such as the Azure LLM inference traces).

    Args:
        path: A CSV file with a heading.

    Returns:
        Seconds since the first arrival, ascending.

    Raises:
        TraceError: There is no arrival, or a line does not begin with a time.
    """
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        heading = next(lines, [""])
        scale = 0.001 if heading[0].strip().lower().endswith("_ms") else 1.0
        times = [_seconds(line[0], path, lines.line_num) * scale for line in lines if line]
    if not times:
        raise TraceError(f"{path}: expected a heading and at least one arrival, found none")
    times.sort()
    return [time - times[0] for time in times]


def _seconds(text: str, path: Path, line: int) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        # Some traces write seven digits of a second; Python reads at most six.
        date, dot, fraction = text.partition(".")
        moment = datetime.fromisoformat(f"{date}{dot}{fraction[:6]}")
    except ValueError:
        raise TraceError(
            f"{path}, line {line}: expected seconds, milliseconds (heading ..._ms) or an ISO 8601 "
            f"date in the first column, found {text!r}"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def scaled(times: Sequence[float], scale: float, random: Random) -> list[float]:
    """Make `scale` requests of each recorded one.

    The copies are spread by `JITTER_SECONDS`, for ten times the users do not click in step.

    Args:
        times: Seconds, ascending.
        scale: Requests for each recorded one, on average.
        random: Source of the draws.
    """
    end = math.floor(times[-1]) + 1
    whole, rest = divmod(scale, 1)
    result: list[float] = []
    for time in times:
        copies = int(whole) + (random.random() < rest)
        if copies:
            result.append(time)
        for _ in range(copies - 1):
            moved = time + random.uniform(-JITTER_SECONDS, JITTER_SECONDS)
            result.append(min(max(moved, 0.0), end))
    result.sort()
    return result


def smoothed_rates(times: Sequence[float]) -> tuple[float, ...]:
    """Requests a second in each second, as the mean over `RATE_WINDOW_SECONDS` around it."""
    seconds = math.floor(times[-1]) + 1
    counts = [0] * seconds
    for time in times:
        counts[min(seconds - 1, int(time))] += 1
    half = RATE_WINDOW_SECONDS // 2
    sums = [0]
    for count in counts:
        sums.append(sums[-1] + count)
    return tuple(
        (sums[min(seconds, i + half)] - sums[max(0, i - half)])
        / (min(seconds, i + half) - max(0, i - half))
        for i in range(seconds)
    )
