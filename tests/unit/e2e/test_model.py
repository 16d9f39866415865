"""The classifier: what it learns, what it reads, and that a bad one is not shipped."""

from pathlib import Path

import numpy as np
import pytest

from e2e.workload.model import training
from e2e.workload.model.classifier import load_classifier, split_document
from e2e.workload.model.corpus import Clause, read_clauses, split_clauses
from e2e.workload.model.features import WIDTH, features


def test_unseen_clauses_are_classified() -> None:
    learned, held_out = split_clauses(read_clauses())
    assert (len(learned), len(held_out)) == (90, 30)
    assert training.accuracy(training.train(learned), held_out) >= training.LEAST_ACCURACY


def test_a_model_that_does_badly_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clauses = read_clauses()
    types = sorted({clause.type for clause in clauses})
    shuffled = [Clause(types[row % len(types)], clause.text) for row, clause in enumerate(clauses)]
    monkeypatch.setattr(training, "read_clauses", lambda: shuffled)
    assert training.main(tmp_path / "model.npz") == 1
    assert not (tmp_path / "model.npz").exists()
    assert "expected at least" in capsys.readouterr().err


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    learned, held_out = split_clauses(read_clauses())
    model = training.train(learned)
    model.save(tmp_path / "model.npz")
    texts = [clause.text for clause in held_out]
    assert load_classifier(tmp_path / "model.npz").classify(texts) == model.classify(texts)


@pytest.mark.parametrize(
    ("document", "clauses"),
    [
        ("", []),
        ("Payment", []),
        ("1. Rent is due monthly.\n2. Notice must be given.", 2),
        ("Rent is due\nevery month.\n\nNotice must be given.", 2),
        ("1.1 Rent is due monthly.\n1.2) Notice must be given.", 2),
        ("Rent of 1000 euros is due.", ["Rent of 1000 euros is due."]),
        ("12. Rent   is due.", ["Rent is due."]),
    ],
)
def test_documents_are_split(document: str, clauses: int | list[str]) -> None:
    found = split_document(document)
    assert (len(found) if isinstance(clauses, int) else found) == clauses


def test_features_have_length_one_and_tell_texts_apart() -> None:
    one, other = features("The rent is due."), features("Either party may terminate.")
    assert one.shape == (WIDTH,)
    assert np.linalg.norm(one) == pytest.approx(1.0, abs=1e-5)
    assert float(one @ other) < 0.3
    assert not features("--").any()


def test_no_clause_of_the_corpus_is_there_twice() -> None:
    texts = [clause.text for clause in read_clauses()]
    assert len(set(texts)) == len(texts)


def test_a_clause_without_a_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clauses.txt"
    path.write_text("# remark\nRent is due.\n")
    with pytest.raises(ValueError, match=r"line 2: a clause needs a \[type\]"):
        read_clauses(path)
