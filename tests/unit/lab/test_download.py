"""Releases are taken with the right checksum only."""

import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bytebridge.lab.download import DownloadError, Release, download, published_sum

PROGRAM = b"#!/bin/sh\necho etcd\n"


def _archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("etcd-v1/etcd")
        member.size = len(PROGRAM)
        tar.addfile(member, io.BytesIO(PROGRAM))
    return buffer.getvalue()


ARCHIVE = _archive()
FILES = {
    "/etcd.tar.gz": ARCHIVE,
    "/SHA256SUMS": f"{hashlib.sha256(ARCHIVE).hexdigest()}  etcd.tar.gz\n".encode(),
    "/kwok": PROGRAM,
    "/kwok.sha256": hashlib.sha256(PROGRAM).hexdigest().encode(),
    "/wrong.sha256": hashlib.sha256(b"other").hexdigest().encode(),
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    class Files(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = FILES.get(self.path)
            self.send_response(200 if body else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as running:
        threading.Thread(target=running.serve_forever).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.mark.parametrize(
    ("file", "checksums", "member"),
    [("etcd.tar.gz", "SHA256SUMS", "etcd-v1/etcd"), ("kwok", "kwok.sha256", None)],
)
def test_a_program_with_the_right_sum_is_taken(
    server: str, tmp_path: Path, file: str, checksums: str, member: str | None
) -> None:
    target = tmp_path / "program"
    download(Release(f"{server}/{file}", f"{server}/{checksums}", member), target)
    assert target.read_bytes() == PROGRAM
    assert os.access(target, os.X_OK)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("file", "checksums", "why"),
    [
        ("kwok", "wrong.sha256", "its publisher says"),
        ("kwok", "missing", "404"),
        ("missing", "kwok.sha256", "404"),
        ("kwok", "SHA256SUMS", "no SHA-256"),
    ],
)
def test_anything_else_is_refused_and_leaves_nothing(
    server: str, tmp_path: Path, file: str, checksums: str, why: str
) -> None:
    with pytest.raises(DownloadError, match=why):
        download(Release(f"{server}/{file}", f"{server}/{checksums}"), tmp_path / "program")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "ABCD\n",
        "1234  other\nabcd  kwok\n",
        "abcd *kwok",
        "abcd  ./kwok",
        json.dumps({"assets": [{"name": "kwok", "digest": "sha256:abcd"}, {"name": "x"}]}),
    ],
)
def test_every_way_of_publishing_a_sum_is_read(text: str) -> None:
    assert published_sum(text, "kwok") == "abcd"
