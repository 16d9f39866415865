"""Images are built anew when what goes into them changes, and only then."""

from dataclasses import replace
from pathlib import Path

import pytest

from e2e.images import catalogue
from e2e.images.recipe import Recipe


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("one")
    return Recipe("x", tmp_path / "Dockerfile", {"src": tmp_path / "src"}, {"A": "1"})


def test_the_same_content_has_the_same_tag(recipe: Recipe, tmp_path: Path) -> None:
    before = recipe.tag()
    (tmp_path / "src" / "a.py").touch()
    (tmp_path / "src" / "__pycache__").mkdir()
    (tmp_path / "src" / "__pycache__" / "a.pyc").write_text("compiled")
    assert recipe.tag() == before


def test_other_content_has_another_tag(recipe: Recipe, tmp_path: Path) -> None:
    seen = {recipe.tag()}
    for other in (
        replace(recipe, arguments={"A": "2"}),
        replace(recipe, target="y"),
        replace(recipe, files={"other": tmp_path / "src"}),
    ):
        seen.add(other.tag())
    (tmp_path / "src" / "a.py").write_text("two")
    seen.add(recipe.tag())
    (tmp_path / "src" / "a.py").chmod(0o755)
    seen.add(recipe.tag())
    (tmp_path / "src" / "a.py").rename(tmp_path / "src" / "b.py")
    seen.add(recipe.tag())
    (tmp_path / "Dockerfile").write_text("FROM scratch\nUSER 1\n")
    seen.add(recipe.tag())
    assert len(seen) == 8


def test_every_image_has_its_files_and_a_name_of_its_own(tmp_path: Path) -> None:
    program = tmp_path / "prometheus"
    program.write_text("program")
    recipes = [
        catalogue.operator("base"),
        catalogue.workload("base", "nlp-service"),
        catalogue.workload("base", "load-generator"),
        catalogue.prometheus(program),
        *catalogue.servers("base"),
    ]
    assert len({recipe.tag() for recipe in recipes}) == len(recipes) == 9
    for recipe in recipes:
        assert recipe.dockerfile.is_file()
        assert all(source.exists() for source in recipe.files.values())


def test_another_base_is_another_image() -> None:
    assert catalogue.operator("one").tag() != catalogue.operator("two").tag()


def test_start_scripts_can_be_run() -> None:
    for path in (Path(catalogue.__file__).parent / "start").iterdir():
        assert path.stat().st_mode & 0o111 == 0o111, path.name


def test_pip_is_told_what_this_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    arguments = catalogue.operator("base").arguments
    assert arguments["PIP_INDEX_URL"] == "https://index.example/simple"
