"""Another release of Kubernetes, by the environment."""

from pathlib import Path

import pytest

from bytebridge.lab.binaries import KUBERNETES, PROGRAMS, VERSION_VARIABLE, find, programs
from bytebridge.lab.errors import LabError
from bytebridge.lab.kubernetes_module import module_text

PUBLISHED = """module k8s.io/kubernetes

go 1.24.0

godebug default=go1.24

require (
	example.com/other v1.2.3
	k8s.io/api v0.0.0
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/client-go => ./staging/src/k8s.io/client-go
)
"""


def test_without_it_the_pinned_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", KUBERNETES, KUBERNETES.removeprefix("v")):
        monkeypatch.setenv(VERSION_VARIABLE, value)
        assert programs() == PROGRAMS


@pytest.mark.parametrize("value", ["1.34.4", "v1.34.4"])
def test_another_release(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(VERSION_VARIABLE, value)
    changed = {p.name: p for p in programs() if p not in PROGRAMS}
    assert set(changed) == {"kube-apiserver", "kube-controller-manager"}
    for program in changed.values():
        assert program.version == "v1.34.4"
        assert program.release is not None
        assert "/v1.34.4/" in program.release.url
        assert "gitVersion=v1.34.4 " in program.linker_flags


@pytest.mark.parametrize("value", ["1.34", "latest", "2.0.0", "1.34.4; true", "1.33.9"])
def test_no_release(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(VERSION_VARIABLE, value)
    with pytest.raises(LabError, match=r"such as 1\.34\.4"):
        programs()


def test_assets_of_an_unknown_version_are_no_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "kube-apiserver").touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pinned = next(program for program in PROGRAMS if program.name == "kube-apiserver")
    found = find(pinned)
    assert found is not None
    assert found.source == "KUBEBUILDER_ASSETS"
    monkeypatch.setenv(VERSION_VARIABLE, "1.34.4")
    asked = next(program for program in programs() if program.name == "kube-apiserver")
    assert find(asked) is None


def test_the_module_of_a_release() -> None:
    assert module_text("v1.34.4", PUBLISHED).splitlines()[::2] == [
        "module bytebridge.io/lab/v1.34.4",
        "go 1.24.0",
        "require k8s.io/kubernetes v1.34.4",
        "replace k8s.io/api => k8s.io/api v0.34.4",
        "replace k8s.io/client-go => k8s.io/client-go v0.34.4",
    ]
