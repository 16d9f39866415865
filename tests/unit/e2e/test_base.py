"""Which base the images stand on: what was named, what is there, what can be pulled, or none."""

from pathlib import Path

import pytest

from e2e.cluster.engine import Engine
from e2e.cluster.errors import ClusterError
from e2e.images import base


def engine(folder: Path, *there: str, pulls: bool = False) -> Engine:
    """An engine whose client knows these images, and a registry that has the rest, or none."""
    client = folder / "docker"
    client.write_text(
        "#!/bin/sh\n"
        f'there=" {" ".join(there)} "\n'
        'case "$1" in image) case "$there" in *" $3 "*) exit 0;; esac; exit 1;; esac\n'
        f'case "$1" in pull) echo "no such host" >&2; exit {0 if pulls else 1};; esac\n'
    )
    client.chmod(0o755)
    return Engine(client, "0")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(base.VARIABLE, raising=False)
    monkeypatch.setattr(base, "_own_tag", lambda: "own:1")


def test_a_base_that_is_named_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(base.VARIABLE, "registry.example/python:3.13")
    assert base.python_image(engine(tmp_path, base.STOCK)) == "registry.example/python:3.13"


@pytest.mark.parametrize(
    ("there", "pulls", "wanted"),
    [
        pytest.param([base.STOCK, "own:1"], False, base.STOCK, id="the stock image is there"),
        pytest.param(["own:1"], True, "own:1", id="made before: nothing is pulled"),
        pytest.param([], True, base.STOCK, id="the stock image is pulled"),
    ],
)
def test_what_is_there_or_within_reach_is_taken(
    tmp_path: Path, there: list[str], pulls: bool, wanted: str
) -> None:
    said: list[str] = []
    assert base.python_image(engine(tmp_path, *there, pulls=pulls), said.append) == wanted
    assert said[-1].startswith(f"base image: {wanted}, ")


def test_without_registry_and_apt_the_way_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "_own_tag", lambda: None)
    said: list[str] = []
    with pytest.raises(ClusterError, match="name a base by PYTHON_IMAGE"):
        base.python_image(engine(tmp_path), said.append)
    assert "no such host" in said[-1]
