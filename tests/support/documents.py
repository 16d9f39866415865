"""The pages of the documentation, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "charts/bytebridge/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
_SHELL = ("", "sh", "shell", "bash", "console")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code, as CommonMark and hence GitHub read it."""

    page: Path
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command line."""

    page: Path
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {shlex.join(self.words)}"


def blocks(page: Path) -> list[Block]:
    """All blocks of code of a page."""
    tokens = MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8"))
    return [
        Block(page, token.info.strip(), token.content)
        for token in tokens
        if token.type in {"fence", "code_block"}
    ]


def commands(*programs: str) -> list[Command]:
    """Every use of these programs in a block of shell, on any page."""
    return [
        Command(block.page, words)
        for page in PAGES
        for block in blocks(page)
        if block.language in _SHELL
        for line in block.text.replace("\\\n", " ").splitlines()
        for words in _simple_commands(line)
        if words[0] in programs
    ]


def _simple_commands(line: str) -> Iterator[tuple[str, ...]]:
    """The commands of a pipeline, without comments and without variables set in front of them."""
    try:
        words = shlex.split(line.removeprefix("$ "), comments=True)
    except ValueError:  # no shell: a formula, say
        return
    found: list[str] = []
    for word in [*words, "|"]:
        if word in {"|", "&&", ";"}:
            if found:
                yield tuple(found)
            found = []
        elif found or not re.fullmatch(r"[A-Z_]+=.*", word):
            found.append(word)
