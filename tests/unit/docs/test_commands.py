"""Commands that the pages show exist: targets, subcommands, options, files."""

import re
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from bytebridge.cli.main import app
from support.documents import PAGES, ROOT, Command, commands

TARGETS = set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "out"}


def _ids(command: Command) -> str:
    return str(command)


@pytest.mark.parametrize("command", commands("make"), ids=_ids)
def test_a_target_exists(command: Command) -> None:
    asked = {word for word in command.words[1:] if "=" not in word}
    assert asked <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_target_that_the_text_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"`make ([a-z0-9-]+)", text)) <= TARGETS


@pytest.mark.parametrize("command", commands("bytebridge"), ids=_ids)
def test_a_command_line_is_understood(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is parsed to its end; nothing is run."""
    monkeypatch.chdir(tmp_path)
    for word in command.words:
        if re.fullmatch(r"[\w-]+\.(yaml|csv|jsonl)", word):
            (tmp_path / word).touch()
    found, words = typer.main.get_command(app), list(command.words[1:])
    context = None
    while isinstance(found, TyperGroup):
        assert words[0] in found.commands, f"no command {words[0]}"
        context = found.make_context(words[0], [], parent=context, resilient_parsing=True)
        found = found.commands[words.pop(0)]
    found.make_context("bytebridge", words, parent=context)


@pytest.mark.parametrize(
    "command", commands("kubectl", "helm", "docker", "cp", "python", "cat"), ids=_ids
)
def test_a_file_exists(command: Command) -> None:
    for word in command.words[1:]:
        if word.split("/", 1)[0] in FOLDERS and "/" in word:
            assert (ROOT / word).exists(), word


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_file_that_the_text_names_exists(page: Path) -> None:
    for path in re.findall(r"`([\w.-]+/[\w./-]+)`", page.read_text(encoding="utf-8")):
        if path.split("/", 1)[0] in FOLDERS:
            assert (ROOT / path).exists(), path


def test_kubectl_is_asked_for_kinds_that_exist() -> None:
    names = set()
    for crd in (ROOT / "crds").glob("*.yaml"):
        names |= set(re.findall(r"^    (?:plural|singular): (\S+)", crd.read_text(), re.MULTILINE))
        names |= set(re.findall(r"shortNames:\n    - (\S+)", crd.read_text()))
    known = names | {"events", "pods", "deployment", "deployments", "lease", "leases", "crd", "hpa"}
    for command in commands("kubectl"):
        words = [word for word in command.words[1:] if not word.startswith("-")]
        if words[0] in {"get", "describe", "delete"} and "-f" not in command.words:
            kinds = {kind.split("/")[0].split(".")[0] for kind in words[1].split(",")}
            assert kinds <= known, command
