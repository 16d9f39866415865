"""The page of all fields is that of the models."""

from pathlib import Path

from bytebridge.api.reference import reference_page

PAGE = Path(__file__).parents[3] / "docs" / "reference.md"


def test_no_drift() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_page(), 'run "make docs"'


def test_every_option_with_a_time_or_a_size_names_its_unit() -> None:
    row = next(line for line in reference_page().splitlines() if "fallbackAfterSeconds" in line)
    assert "`120`" in row
