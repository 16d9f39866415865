"""What came of the requests."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

OK: Final = "ok"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request that was answered, or failed."""

    due: float
    """Seconds from the beginning of the load."""
    seconds: float
    """From when it was due, so that a generator that is late hides nothing."""
    cause: str = OK
    """`ok`, or why it failed."""
    pod: str | None = None
    cached: bool = False


def summary(outcomes: Sequence[Outcome], objective_seconds: float) -> dict[str, Any]:
    """Figures of all requests, and of each second by when requests were due.

    Args:
        outcomes: In any order.
        objective_seconds: Latencies above it are counted.
    """
    failed = Counter(outcome.cause for outcome in outcomes if outcome.cause != OK)
    good = [outcome for outcome in outcomes if outcome.cause == OK]
    return {
        "sent": len(outcomes),
        "ok": len(good),
        "failed": dict(failed),
        **_latencies(good, objective_seconds),
        "cached": sum(outcome.cached for outcome in good),
        "pods": dict(Counter(outcome.pod for outcome in good if outcome.pod)),
        "objectiveMilliseconds": round(objective_seconds * 1000),
        "series": [
            _second(second, outcomes_of_it, objective_seconds)
            for second, outcomes_of_it in sorted(_by_second(outcomes).items())
        ],
    }


def percentile(values: Sequence[float], percent: float) -> float:
    """By the nearest rank; values need not be sorted.

    Raises:
        ValueError: There are none.
    """
    if not values:
        raise ValueError("percentile: expected at least one value")
    ranked = sorted(values)
    return ranked[max(0, math.ceil(percent / 100 * len(ranked)) - 1)]


def _by_second(outcomes: Sequence[Outcome]) -> dict[int, list[Outcome]]:
    found: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(int(outcome.due), []).append(outcome)
    return found


def _second(second: int, outcomes: Sequence[Outcome], objective_seconds: float) -> dict[str, Any]:
    good = [outcome for outcome in outcomes if outcome.cause == OK]
    return {
        "second": second,
        "sent": len(outcomes),
        "failed": len(outcomes) - len(good),
        "p95Milliseconds": _milliseconds(good, 95),
        "overObjective": _over(good, objective_seconds),
        "pods": len({outcome.pod for outcome in good if outcome.pod}),
    }


def _latencies(good: Sequence[Outcome], objective_seconds: float) -> dict[str, Any]:
    named = {f"p{percent}Milliseconds": _milliseconds(good, percent) for percent in (50, 95, 99)}
    share = _over(good, objective_seconds) / len(good) if good else None
    return {**named, "overObjectiveShare": None if share is None else round(share, 4)}


def _milliseconds(good: Sequence[Outcome], percent: float) -> float | None:
    if not good:
        return None
    return round(percentile([outcome.seconds for outcome in good], percent) * 1000, 1)


def _over(good: Sequence[Outcome], objective_seconds: float) -> int:
    return sum(outcome.seconds > objective_seconds for outcome in good)
