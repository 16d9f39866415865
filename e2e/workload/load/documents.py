"""Documents to classify: many that are sent once, and a few that come again and again."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from e2e.workload.model.corpus import Clause

POPULAR: Final = 50
"""Documents that are repeated."""
_PARTIES: Final = ("Supplier", "Customer", "Contractor", "Licensor", "Tenant", "Lender", "Vendor")


@dataclass(frozen=True, slots=True)
class DocumentMix:
    """What a stream of documents is made of."""

    clauses: Sequence[Clause]
    length: int = 120
    """Clauses of a document: what an inference costs grows with them."""
    repeated: float = 0.3
    """Share of requests with a document that was sent before, or will be."""


def documents(mix: DocumentMix, seed: int) -> Iterator[str]:
    """An endless stream; the same seed gives the same."""
    draw = random.Random(seed)  # noqa: S311 - a model's draws
    popular = [_document(mix, draw, f"P{number}") for number in range(POPULAR)]
    number = 0
    while True:
        if draw.random() < mix.repeated:
            yield draw.choice(popular)
        else:
            number += 1
            yield _document(mix, draw, f"{seed}-{number}")


def _document(mix: DocumentMix, draw: random.Random, reference: str) -> str:
    chosen = [draw.choice(mix.clauses).text for _ in range(mix.length)]
    one, other = draw.sample(_PARTIES, 2)
    title = f"Agreement {reference} between the {one} and the {other}"
    return "\n".join([title, *(f"{row}. {text}" for row, text in enumerate(chosen, 1))])
