"""The clauses that the classifier learns from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CLAUSES: Final = Path(__file__).parent / "clauses.txt"
HELD_OUT_EVERY: Final = 4


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause and what it is."""

    type: str
    text: str


def read_clauses(path: Path = CLAUSES) -> list[Clause]:
    """All clauses of a file: `[type]`, then one clause a line; `#` begins a remark.

    Raises:
        ValueError: A clause stands above the first type.
    """
    clauses: list[Clause] = []
    kind: str | None = None
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("["):
            kind = text.strip("[]")
        elif kind is None:
            raise ValueError(f"{path.name}, line {number}: a clause needs a [type] above it")
        else:
            clauses.append(Clause(kind, text))
    return clauses


def split_clauses(clauses: Sequence[Clause]) -> tuple[list[Clause], list[Clause]]:
    """Clauses to learn from, and every fourth of each type to be judged by."""
    learned: list[Clause] = []
    held_out: list[Clause] = []
    seen: dict[str, int] = {}
    for clause in clauses:
        seen[clause.type] = seen.get(clause.type, 0) + 1
        to = held_out if seen[clause.type] % HELD_OUT_EVERY == 0 else learned
        to.append(clause)
    return learned, held_out
