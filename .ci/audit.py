"""Looks the locked runtime dependencies up in a database of known vulnerabilities (pip-audit).

Ends with 0 where all were looked up and none is vulnerable, 1 where one is, and 3 where the
database is out of reach: then nothing is known, which is never the same as nothing found.
`AUDIT_OFFLINE=skip` turns 3 into 0, for machines that never reach a database. Further arguments are
pip-audit's, such as `--vulnerability-service osv`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = ROOT / "operator" / "locks" / "runtime.txt"
REPORT: Final = ROOT / "out" / "audit.json"

CLEAN: Final = 0
VULNERABLE: Final = 1
UNKNOWN: Final = 3


def verdict(report: dict[str, Any] | None) -> tuple[int, str]:
    """Exit code and words.

    Args:
        report: What pip-audit wrote; `None`: it gave up, which it does when a request fails.
    """
    if report is None:
        return UNKNOWN, "AUDIT NOT DONE: the database of vulnerabilities is out of reach"
    found = report["dependencies"]
    vulnerable = [
        f"{package['name']} {package['version']}: {vulnerability['id']}, "
        f"mended in {', '.join(vulnerability['fix_versions']) or 'no version'}"
        for package in found
        for vulnerability in package.get("vulns", [])
    ]
    # pip-audit passes over what the database does not answer for, and then finds nothing.
    skipped = [package["name"] for package in found if "skip_reason" in package]
    if vulnerable:
        return VULNERABLE, "\n".join(vulnerable)
    if skipped or not found:
        return UNKNOWN, (
            f"AUDIT NOT DONE: the database has no answer for {len(skipped)} of {len(found)} "
            f"packages: {', '.join(skipped)}"
        )
    return CLEAN, f"{len(found)} packages looked up, none is known to be vulnerable"


def main(arguments: list[str]) -> int:
    """Run pip-audit, and say what came of it."""
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes"),
        *("--disable-pip", "--progress-spinner", "off", "--format", "json"),
        *("--output", str(REPORT), *arguments),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    written = REPORT.is_file() and REPORT.stat().st_size > 0
    code, words = verdict(json.loads(REPORT.read_text("utf-8")) if written else None)
    if not written:
        words += f"\n{result.stderr.strip().splitlines()[-1:]}"
    print(words, file=sys.stderr)
    if code == UNKNOWN and os.environ.get("AUDIT_OFFLINE") == "skip":
        print("skipped, as AUDIT_OFFLINE=skip asks for", file=sys.stderr)
        return CLEAN
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
