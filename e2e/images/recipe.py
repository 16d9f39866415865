"""How one image is built, and whether it is there already.

The tag is a hash of all that goes into the image, so that what has not changed is not built again.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from e2e.cluster.engine import Engine

PREFIX: Final = "bytebridge-e2e"
_DIGITS: Final = 12
_BUILD_SECONDS: Final = 900.0
_NOT_CONTENT: Final = ("__pycache__",)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One image: a Dockerfile, its arguments, and the files that it sees."""

    name: str
    dockerfile: Path
    files: Mapping[str, Path] = field(default_factory=dict)
    """Files and folders by their place in the build context."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    """Stage of the Dockerfile; `None`: the last."""

    def tag(self) -> str:
        """Name of the image; another one for other content."""
        return f"{PREFIX}/{self.name}:{self._digest()}"

    def _digest(self) -> str:
        told = hashlib.sha256()
        told.update(repr((self.name, sorted(self.arguments.items()), self.target)).encode())
        sources = {"Dockerfile": self.dockerfile, **self.files}
        for place, source in sorted(sources.items()):
            for file in _content(source):
                inner = "" if file == source else str(file.relative_to(source))
                runs = bool(file.stat().st_mode & 0o100)
                told.update(repr((place, inner, runs)).encode())
                told.update(hashlib.sha256(file.read_bytes()).digest())
        return told.hexdigest()[:_DIGITS]


def build(engine: Engine, recipe: Recipe) -> tuple[str, bool]:
    """Build an image unless it is there.

    Returns:
        Its tag, and whether it was built now.

    Raises:
        ClusterError: The build failed.
    """
    tag = recipe.tag()
    if engine.has_image(tag):
        return tag, False
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        for place, source in recipe.files.items():
            _copy(source, context / place)
        arguments = [
            word
            for name, value in sorted(recipe.arguments.items())
            for word in ("--build-arg", f"{name}={value}")
        ]
        target = ["--target", recipe.target] if recipe.target else []
        options = ["--network", "host", "--file", str(recipe.dockerfile), "--tag", tag]
        words = ["build", *options, *arguments, *target, str(context)]
        engine.run(*words, timeout_seconds=_BUILD_SECONDS)
    return tag, True


def _content(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    found = sorted(path for path in source.rglob("*") if path.is_file())
    return [path for path in found if not set(_NOT_CONTENT) & set(path.parts)]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_NOT_CONTENT))
    else:
        shutil.copy2(source, target)
