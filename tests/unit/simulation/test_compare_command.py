"""`bytebridge compare`: which scenarios and policies run, and what is kept."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bytebridge.cli.main import app


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "few.csv"
    path.write_text("seconds\n" + "\n".join(str(n / 10) for n in range(300)))
    return str(path)


def compare(*options: str) -> Result:
    return CliRunner().invoke(app, ["compare", *options])


def test_a_trace_alone_is_compared_and_its_runs_are_kept(trace: str, tmp_path: Path) -> None:
    options = ["--scenarios", "none", "--trace", trace, "--seeds", "1"]
    document = tmp_path / "docs" / "figures.md"
    document.parent.mkdir()
    known = [*options, "--policies", "bytebridge,kpa", "--document", str(document)]
    result = compare(*known)
    assert result.exit_code == 0, result.output
    assert "(`trace-few`)" in document.read_text()
    kept = list((tmp_path / "cache" / "bytebridge" / "simulation").iterdir())
    assert len(kept) == 2
    assert compare(*known).exit_code == 0
    anew = compare(*options, "--policies", "kpa", "--anew")
    assert "trace-few" in anew.output
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--scenarios", "stairs"], "'stairs'"),
        (["--scenarios", "none"], "--trace beside"),
        (["--policies", "hpa"], "'hpa' is not known"),
        (["--scenarios", "none", "--trace", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_is_not_known_is_said(options: list[str], words: str) -> None:
    result = compare(*options)
    assert result.exit_code == 2
    assert words in result.output
