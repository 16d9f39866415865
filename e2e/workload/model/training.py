"""Trains the classifier.

`python -m e2e.workload.model.training FILE` is a step of the image's build.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from e2e.workload.model.classifier import Classifier, probabilities
from e2e.workload.model.corpus import Clause, read_clauses, split_clauses
from e2e.workload.model.features import WIDTH, features

STEPS: Final = 300
STEP_SIZE: Final = 8.0
DECAY: Final = 1e-4
"""Weight of the L2 penalty."""
LEAST_ACCURACY: Final = 0.75
"""On clauses that were held out; one of ten types by chance would be 0.1."""


def train(clauses: Sequence[Clause]) -> Classifier:
    """Fit by full-batch gradient descent from zero: the same clauses give the same model."""
    types = tuple(sorted({clause.type for clause in clauses}))
    rows = np.stack([features(clause.text) for clause in clauses])
    wanted = np.zeros((len(clauses), len(types)), dtype=np.float32)
    for row, clause in enumerate(clauses):
        wanted[row, types.index(clause.type)] = 1.0
    weights = np.zeros((WIDTH, len(types)), dtype=np.float32)
    bias = np.zeros(len(types), dtype=np.float32)
    for _ in range(STEPS):
        error = (probabilities(rows, Classifier(types, weights, bias)) - wanted) / len(clauses)
        weights -= STEP_SIZE * (rows.T @ error + DECAY * weights)
        bias -= STEP_SIZE * error.sum(axis=0)
    return Classifier(types, weights, bias)


def accuracy(model: Classifier, clauses: Sequence[Clause]) -> float:
    """Share of clauses whose type is found."""
    found = model.classify([clause.text for clause in clauses])
    right = sum(
        prediction.type == clause.type for prediction, clause in zip(found, clauses, strict=True)
    )
    return right / len(clauses)


def main(target: Path) -> int:
    """Judge on the clauses that were held out, then train on all and write the model."""
    clauses = read_clauses()
    learned, held_out = split_clauses(clauses)
    reached = accuracy(train(learned), held_out)
    print(f"accuracy on {len(held_out)} clauses held out: {reached:.3f}")
    if reached < LEAST_ACCURACY:
        print(
            f"expected at least {LEAST_ACCURACY}: mend clauses.txt or the features", file=sys.stderr
        )
        return 1
    train(clauses).save(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
