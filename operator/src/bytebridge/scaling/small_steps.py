"""Going down by what chance alone may ask for: the gain is small, and chance asks for it often."""

from dataclasses import dataclass, field

from bytebridge.scaling.hold import HoldWindow

SMALL_STEP = 0.1
"""A step of no more than this share of the present replicas, or of one, is small. The HPA's
tolerance is the same share, for ever."""
HOLDS = 5.0
"""Times `holdSeconds` that a step waits as far as it is small or not certain."""
SOON_HOLDS = 10.0
"""Times `holdSeconds` within which a step that is taken back was a mistake."""
MISTAKEN_HOLDS = 20.0
"""Times `holdSeconds` that the next one waits then. A need that lies between two numbers of
replicas crosses from one to the other for ever, and to keep the larger costs little."""


@dataclass(slots=True)
class SmallSteps:
    """Memory of one service."""

    needs: HoldWindow = field(default_factory=HoldWindow)
    """Of the present load."""
    taken_at: float = float("-inf")
    """When the last one was taken, unless a larger one came after it."""
    mistaken_at: float = float("-inf")
    """When one was last taken back."""


def observe_need(
    memory: SmallSteps, time: float, need: int, hold_seconds: float, *, rises: bool
) -> None:
    """Remember a need of the present load.

    Args:
        memory: Of this service; updated.
        time: Of the decision, seconds.
        need: Replicas.
        hold_seconds: `holdSeconds`.
        rises: More are needed than there are.
    """
    memory.needs.add(time, need)
    if rises and time - memory.taken_at <= SOON_HOLDS * hold_seconds:
        memory.mistaken_at = time


def held_step(
    memory: SmallSteps,
    time: float,
    step: tuple[int, int],
    certain: int | None,
    hold_seconds: float,
) -> tuple[int, float]:
    """How far down, and the largest need of how many seconds that is.

    As far as it is certain a step is taken at once. The rest, and a small step where a replica is
    not certain, waits until nothing more has been needed for some minutes.

    Args:
        memory: Of this service.
        time: Of the decision, seconds.
        step: Present replicas and those that would do, fewer.
        certain: Replicas that would do for the most that the load may be by chance; `None`: what a
            replica can do is not certain.
        hold_seconds: `holdSeconds`.
    """
    present, target = step
    small = _is_small(present, target)
    mistaken = time - memory.mistaken_at <= MISTAKEN_HOLDS * hold_seconds
    waits = small if certain is None else target < certain or (small and mistaken)
    if not waits:
        return target, hold_seconds
    hold_seconds *= MISTAKEN_HOLDS if mistaken else HOLDS
    longest = memory.needs.largest(time, hold_seconds)
    if certain is not None and not small:
        longest = min(longest, certain)
    return min(present, max(target, longest)), hold_seconds


def remember_step(
    memory: SmallSteps, time: float, step: tuple[int, int], certain: int | None
) -> None:
    """Remember a step down: whether chance may take back all of it.

    Args:
        memory: Of this service; updated.
        time: Of the decision, seconds.
        step: Replicas before and after it.
        certain: As in `held_step`.
    """
    present, target = step
    by_chance = _is_small(present, target) or (certain is not None and present <= certain)
    memory.taken_at = time if by_chance else float("-inf")
    if not by_chance:
        memory.mistaken_at = float("-inf")


def _is_small(present: int, target: int) -> bool:
    """Down to none is never small."""
    return target > 0 and present - target <= max(1.0, SMALL_STEP * present)
