"""The lock: what it installs, on which machines, what is known against it, and its bill."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = ROOT / "operator" / "locks"
NOWHERE = "http://127.0.0.1:9"  # discard: nothing listens there


def locked(name: str) -> set[str]:
    """Names in a lock, but for what other systems alone install."""
    lines = (LOCKS / name).read_text().splitlines()
    return {
        line.split("==")[0]
        for line in lines
        if line[:1].isalnum() and "sys_platform == 'win32'" not in line
    }


@pytest.mark.parametrize("lock", ["runtime.txt", "workload.txt"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_there_are_wheels_for_each_machine(lock: str, machine: str, tmp_path: Path) -> None:
    platforms = [f"--platform={kind}_{machine}" for kind in ("manylinux_2_28", "manylinux2014")]
    _pip(
        *("download", "--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:"),
        *(*platforms, "--python-version=3.13", "--dest", str(tmp_path)),
        *("--requirement", str(LOCKS / lock)),
    )
    built = [path.name for path in tmp_path.iterdir() if not path.name.endswith("-any.whl")]
    assert built
    assert all(machine in name for name in built)
    names = {path.name.split("-")[0].replace("_", "-").lower() for path in tmp_path.iterdir()}
    assert names == locked(lock) - {"async-timeout"}  # of Python before 3.11.3


def test_the_bill_names_what_the_lock_does() -> None:
    _make("sbom")
    bill = json.loads((ROOT / "out" / "bytebridge.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "bytebridge"
    found = {component["name"].lower().replace("_", "-") for component in bill["components"]}
    assert found == locked("runtime.txt")
    assert all(component["purl"].startswith("pkg:pypi/") for component in bill["components"])
    assert all(component.get("licenses") for component in bill["components"])


@pytest.mark.parametrize(
    ("known", "code", "words"),
    [
        ({}, 0, "none is known to be vulnerable"),
        ({"kopf"}, 1, "kopf 1."),
    ],
)
def test_the_audit_tells_what_is_known(known: set[str], code: int, words: str) -> None:
    with _database(known) as url:
        found = _audit(url)
    assert (found.returncode, words in found.stderr) == (code, True), found.stderr


def test_an_audit_without_a_database_is_no_clean_one() -> None:
    found = _audit(NOWHERE)
    assert found.returncode == 3
    assert "AUDIT NOT DONE" in found.stderr
    skipped = _audit(NOWHERE, AUDIT_OFFLINE="skip")
    assert skipped.returncode == 0
    assert "AUDIT NOT DONE" in skipped.stderr


def _audit(url: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    options = ["--vulnerability-service=osv", f"--osv-url={url}", "--timeout=5"]
    return subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit.py", *options],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def _database(vulnerable: set[str]) -> Iterator[str]:
    """Answers as OSV does: https://google.github.io/osv.dev/post-v1-query/."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps(_answer(query["package"]["name"], vulnerable)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(name: str, vulnerable: set[str]) -> dict[str, Any]:
    if name not in vulnerable:
        return {}
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]
    package = {"name": name, "ecosystem": "PyPI"}
    affected = [{"package": package, "ranges": ranges, "versions": []}]
    moment = "2026-01-01T00:00:00Z"
    return {
        "vulns": [
            {
                "id": "TEST-2026-1",
                "modified": moment,
                "published": moment,
                "summary": "of a test",
                "affected": affected,
            }
        ]
    }


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _make(target: str) -> None:
    command = ["make", target]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
