"""What an audit's report says; that nothing known is never taken for nothing found."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

_FILE = Path(__file__).parents[3] / ".ci" / "audit.py"
_SPEC = importlib.util.spec_from_file_location("audit", _FILE)
assert _SPEC is not None
assert _SPEC.loader is not None
audit = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(audit)

CLEAN = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "not found"}
VULNERABLE = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([CLEAN], 0, "1 packages looked up"),
        ([CLEAN, VULNERABLE], 1, "c 2: CVE-1, mended in 3"),
        ([CLEAN, SKIPPED], 3, "no answer for 1 of 2 packages: b"),
        ([SKIPPED, VULNERABLE], 1, "c 2: CVE-1"),
        ([], 3, "AUDIT NOT DONE"),
        (None, 3, "out of reach"),
    ],
)
def test_verdict(packages: list[dict[str, Any]] | None, code: int, words: str) -> None:
    report = None if packages is None else {"dependencies": packages}
    found, said = audit.verdict(report)
    assert found == code
    assert words in said
