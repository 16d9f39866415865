from pathlib import Path

import pytest

from e2e.cluster.errors import ClusterError
from e2e.cluster.port_forward import port_forward
from e2e.cluster.process import run
from e2e.cluster.waiting import until_it_works


def test_output_is_returned_or_goes_into_a_file(tmp_path: Path) -> None:
    assert run(["cat"], given="text") == "text"
    assert run(["printf", r"\377"], into=tmp_path / "binary") == ""
    assert (tmp_path / "binary").read_bytes() == b"\xff"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        pytest.param(["sh", "-c", "echo why >&2; exit 3"], "ended with 3:\nwhy", id="it fails"),
        pytest.param(["/nowhere/x"], "`x` cannot be run", id="it is not there"),
        pytest.param(["sleep", "5"], "took more than 0 s", id="it takes too long"),
    ],
)
def test_a_failure_names_the_command_and_what_it_said(command: list[str], message: str) -> None:
    with pytest.raises(ClusterError, match=message):
        run(command, timeout_seconds=0.2)


def test_asking_again_until_it_works() -> None:
    failures = iter(["one", "two"])

    def ask() -> str:
        for failure in failures:
            raise ClusterError(failure)
        return "three"

    assert until_it_works(ask, within_seconds=5, pause_seconds=0) == "three"


def test_asking_ends_with_the_last_failure() -> None:
    def ask() -> str:
        raise ClusterError("still not")

    with pytest.raises(ClusterError, match="still not"):
        until_it_works(ask, within_seconds=0.01, pause_seconds=0.01)


def test_a_forwarded_port_is_read_from_what_kubectl_says(tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text("#!/bin/sh\necho 'Forwarding from 127.0.0.1:4321 -> 80'\nexec sleep 60\n")
    kubectl.chmod(0o755)
    with port_forward([kubectl], "service/web", 80) as url:
        assert url == "http://127.0.0.1:4321"


def test_a_port_that_is_not_forwarded_is_told_with_kubectl_s_words(tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text("#!/bin/sh\necho 'error: pod not found'\nexit 1\n")
    kubectl.chmod(0o755)
    with (
        pytest.raises(ClusterError, match="service/web: no port is forwarded: error: pod not"),
        port_forward([kubectl], "service/web", 80),
    ):
        pass
