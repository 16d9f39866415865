"""Multinomial logistic regression over the features, and documents as clauses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from e2e.workload.model.features import features

FEWEST_WORDS: Final = 3
_BREAK: Final = re.compile(r"\n\s*\n|\n(?=\s*\d+(?:\.\d+)*[.)]?\s)")
_NUMBER: Final = re.compile(r"^\s*\d+(?:\.\d+)*[.)]?\s+")

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a clause is taken to be."""

    type: str
    confidence: float
    """Probability, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """A trained model."""

    types: tuple[str, ...]
    weights: Matrix
    """A row a feature, a column a type."""
    bias: Matrix

    def classify(self, clauses: Sequence[str]) -> list[Prediction]:
        """The likeliest type of each clause."""
        if not clauses:
            return []
        chances = probabilities(np.stack([features(clause) for clause in clauses]), self)
        best = chances.argmax(axis=1)
        return [
            Prediction(self.types[column], round(float(row[column]), 4))
            for row, column in zip(chances, best, strict=True)
        ]

    def save(self, path: Path) -> None:
        """Write it as a NumPy archive, without pickled objects."""
        np.savez_compressed(path, types=np.array(self.types), weights=self.weights, bias=self.bias)


def load_classifier(path: Path) -> Classifier:
    """Read what `save` wrote.

    Raises:
        OSError: It is not there.
    """
    with np.load(path, allow_pickle=False) as archive:
        types = tuple(str(name) for name in archive["types"])
        return Classifier(types, archive["weights"], archive["bias"])


def probabilities(rows: Matrix, model: Classifier) -> Matrix:
    """Softmax of the scores, a row a clause."""
    scores = rows @ model.weights + model.bias
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances: Matrix = raised / raised.sum(axis=1, keepdims=True)
    return chances


def split_document(document: str) -> list[str]:
    """Clauses of a document: paragraphs, and what begins with a number; headings are left out."""
    parts = (_NUMBER.sub("", part).strip() for part in _BREAK.split(document))
    return [" ".join(part.split()) for part in parts if len(part.split()) >= FEWEST_WORDS]
