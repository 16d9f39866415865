"""Images of one layer as `docker save` writes them, made without an engine.

Source: https://github.com/moby/docker-image-spec/blob/main/spec.md
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Image:
    """An image of one layer.

    Attributes:
        tag: Its full name.
        files: Programs by their path in the image.
        entrypoint: What runs; empty: the pod says.
        base: A tar archive whose entries come first.
        links: Symbolic links by their path in the image.
    """

    tag: str
    files: Mapping[str, Path]
    entrypoint: tuple[str, ...] = ()
    base: Path | None = None
    links: Mapping[str, str] = field(default_factory=dict)


def write_archive(images: Iterable[Image], architecture: str, target: Path) -> None:
    """Write images into one archive.

    Args:
        images: What goes in.
        architecture: Go's name of it.
        target: The archive; layers are written beside it first.
    """
    manifest: list[dict[str, Any]] = []
    with tarfile.open(target, "w") as archive:
        for image in images:
            layer = target.with_suffix(".layer")
            _write_layer(image, layer)
            digest = _sha256(layer)
            settings = json.dumps(configuration(image, architecture, digest)).encode()
            name = f"{hashlib.sha256(settings).hexdigest()}.json"
            archive.add(layer, f"{digest}.tar", filter=_plain)
            _add_bytes(archive, name, settings)
            layer.unlink()
            manifest.append({"Config": name, "RepoTags": [image.tag], "Layers": [f"{digest}.tar"]})
        _add_bytes(archive, "manifest.json", json.dumps(manifest).encode())


def configuration(image: Image, architecture: str, layer: str) -> dict[str, Any]:
    """The image's configuration.

    Args:
        image: The image.
        architecture: Go's name of it.
        layer: The layer's SHA-256.
    """
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": [f"PATH={path}"], "Entrypoint": list(image.entrypoint) or None},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
        "history": [{"created_by": "e2e"}],
    }


def _write_layer(image: Image, target: Path) -> None:
    with tarfile.open(target, "w") as layer:
        if image.base:
            with tarfile.open(image.base) as base:
                for member in base:
                    layer.addfile(member, base.extractfile(member) if member.isfile() else None)
        for name, program in image.files.items():
            layer.add(program, name, filter=_plain)
        for name, goal in image.links.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, goal
            layer.addfile(link)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same for every builder: no owner, no time."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode = 0o755
    return member


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
