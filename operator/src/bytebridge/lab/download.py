"""Official releases, taken only with the checksum that their publisher gives."""

import hashlib
import json
import platform
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TIMEOUT_SECONDS: Final = 10.0
_CHUNK: Final = 1 << 20
_ARCHITECTURES: Final[Mapping[str, str]] = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
}


@dataclass(frozen=True, slots=True)
class Release:
    """Where a program is published; `{arch}` stands for amd64 or arm64."""

    url: str
    checksums: str
    """A list as sha256sum writes it, one bare sum, or GitHub's JSON of a release."""
    member: str | None = None
    """Path within the archive; `None`: the file is the program."""

    def for_machine(self, architecture: str) -> "Release":
        """The same with the architecture filled in."""
        values = {"arch": architecture}
        member = self.member.format(**values) if self.member else None
        return Release(self.url.format(**values), self.checksums.format(**values), member)


class DownloadError(Exception):
    """A release could not be had; the message says why."""


def architecture() -> str | None:
    """Go's name of this machine's architecture; `None` where nothing is published for it."""
    if sys.platform != "linux":
        return None  # Kubernetes' control plane is published for Linux only.
    return _ARCHITECTURES.get(platform.machine().lower())


def download(release: Release, target: Path) -> None:
    """Fetch a program, compare its checksum, and put it in place, executable.

    Raises:
        DownloadError: It is out of reach, or not what its publisher says.
    """
    name = release.url.rsplit("/", 1)[1]
    try:
        expected = published_sum(_read(release.checksums), name)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            file = Path(scratch, name)
            found = _save(release.url, file)
            if found != expected:
                raise DownloadError(
                    f"{release.url}: SHA-256 {found}, its publisher says {expected}"
                )
            program = file if release.member is None else _extract(file, release.member)
            program.chmod(0o755)
            program.replace(target)
    except (OSError, tarfile.TarError, KeyError) as error:
        raise DownloadError(f"{release.url}: {error}") from error


def published_sum(text: str, name: str) -> str:
    """The SHA-256 of a file in what its publisher says.

    Raises:
        DownloadError: The file is not mentioned.
    """
    if text.lstrip().startswith("{"):
        digests = {asset["name"]: asset.get("digest") for asset in json.loads(text)["assets"]}
        found = (digests.get(name) or "").removeprefix("sha256:")
    else:
        rows = [line.split() for line in text.splitlines() if line.strip()]
        bare = len(rows) == 1 and len(rows[0]) == 1
        sums = {row[-1].lstrip("*./"): row[0] for row in rows}
        found = rows[0][0] if bare else sums.get(name, "")
    if not found:
        raise DownloadError(f"{name}: its publisher gives no SHA-256")
    return found.lower()


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - https, fixed
        text: str = answer.read().decode()
        return text


def _save(url: str, file: Path) -> str:
    digest = hashlib.sha256()
    with (
        urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer,  # noqa: S310 - https, fixed
        file.open("wb") as output,
    ):
        while chunk := answer.read(_CHUNK):
            digest.update(chunk)
            output.write(chunk)
    return digest.hexdigest()


def _extract(archive: Path, member: str) -> Path:
    with tarfile.open(archive) as tar:
        tar.extract(member, archive.parent, filter="data")
    return archive.parent / member
