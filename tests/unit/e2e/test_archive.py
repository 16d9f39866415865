import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from e2e.cluster.archive import Image, write_archive


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_bytes(b"#!/bin/sh\n")
    return path


def test_an_image_of_one_program(tmp_path: Path, program: Path) -> None:
    target = tmp_path / "image.tar"
    write_archive([Image("a/b:1", {"bin/x": program}, ("/bin/x",))], "arm64", target)
    with tarfile.open(target) as archive:
        (entry,) = json.loads(_read(archive, "manifest.json"))
        configuration = json.loads(_read(archive, entry["Config"]))
        (layer,) = entry["Layers"]
        content = _read(archive, layer)
    assert entry["RepoTags"] == ["a/b:1"]
    assert configuration["architecture"] == "arm64"
    assert configuration["config"]["Entrypoint"] == ["/bin/x"]
    digest = hashlib.sha256(content).hexdigest()
    assert configuration["rootfs"]["diff_ids"] == [f"sha256:{digest}"]
    with tarfile.open(fileobj=io.BytesIO(content)) as files:
        assert files.getnames() == ["bin/x"]
        assert files.getmember("bin/x").mode == 0o755


def test_a_base_and_links_lie_in_the_same_layer(tmp_path: Path, program: Path) -> None:
    base, target = tmp_path / "base.tar", tmp_path / "image.tar"
    with tarfile.open(base, "w") as archive:
        archive.add(program, "lib/library.so")
    image = Image("a:1", {"bin/x": program}, base=base, links={"bin/y": "x"})
    write_archive([image], "amd64", target)
    with tarfile.open(target) as archive:
        (entry,) = json.loads(_read(archive, "manifest.json"))
        content = _read(archive, entry["Layers"][0])
    with tarfile.open(fileobj=io.BytesIO(content)) as files:
        assert files.getnames() == ["lib/library.so", "bin/x", "bin/y"]
        assert files.getmember("bin/y").linkname == "x"


def test_the_same_image_is_the_same_at_another_time(tmp_path: Path, program: Path) -> None:
    first, second = tmp_path / "1.tar", tmp_path / "2.tar"
    write_archive([Image("a:1", {"x": program})], "amd64", first)
    program.touch()
    write_archive([Image("a:1", {"x": program})], "amd64", second)
    assert first.read_bytes() == second.read_bytes()


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None
    return file.read()
