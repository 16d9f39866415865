"""How soon replicas follow a step of the load, beside a plain HPA in the same run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bytebridge.demo.figures import figures
from bytebridge.demo.load import Load, Phase
from bytebridge.demo.policies import Policy
from bytebridge.demo.session import SURGE, Course, run

STEP = 10.0
USUAL_SECONDS = 45.0
SURGE_SECONDS = {Policy.BYTEBRIDGE: 45.0, Policy.HPA: 150.0}


@dataclass(frozen=True, slots=True)
class Reaction:
    """Seconds from the step of the load; `None`: not within the time watched."""

    policy: str
    first_change: tuple[float | None, ...]
    enough: tuple[float | None, ...]
    """Until `spec.replicas` was enough for the new load."""


def measure(policy: Policy, repetitions: int, folder: Path, say: Callable[[str], None]) -> Reaction:
    """Step the load ten times up, in a fresh cluster each time.

    Where in the scrape and the tick the step falls differs between repetitions.
    """
    first: list[float | None] = []
    enough: list[float | None] = []
    for repetition in range(repetitions):
        load = Load(
            intensity=(1.0,),
            phases=(
                Phase("usual", USUAL_SECONDS + 1.7 * repetition, 1.0),
                Phase(SURGE, SURGE_SECONDS[policy], STEP),
            ),
        )
        found = figures(run(Course(policy, load, repetition, folder), lambda _: None, _unseen))
        first.append(found.first_change)
        enough.append(found.enough_desired)
        say(
            f"{policy.value} {repetition + 1}: first change {_words(found.first_change)}, "
            f"enough {_words(found.enough_desired)}"
        )
    return Reaction(policy.value, tuple(first), tuple(enough))


def summary(values: tuple[float | None, ...]) -> str:
    """Median and highest; `never` counts as the highest."""
    known = sorted(value for value in values if value is not None)
    if len(known) < len(values):
        return f"never in {len(values) - len(known)} of {len(values)}"
    return f"{median(known):.1f} / {known[-1]:.1f} s"


def _words(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"


def _unseen(_: object) -> None:
    """Nobody watches."""
