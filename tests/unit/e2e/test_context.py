from pathlib import Path

import pytest

from e2e.cluster.cluster import ALLOWED_CONTEXTS, exclusive, refuse_foreign_context
from e2e.cluster.errors import ClusterError


def test_the_cluster_of_the_tests_is_allowed() -> None:
    refuse_foreign_context("current-context: kind-bytebridge-e2e\n")
    assert ALLOWED_CONTEXTS == ("kind-bytebridge-e2e",)


@pytest.mark.parametrize(
    "kubeconfig",
    [
        pytest.param("current-context: production\n", id="somebody's cluster"),
        pytest.param("current-context: kind-kind\n", id="another kind cluster"),
        pytest.param("contexts: []\n", id="no present context"),
        pytest.param("", id="an empty file"),
    ],
)
def test_every_other_context_is_refused(kubeconfig: str) -> None:
    with pytest.raises(ClusterError, match="only on kind-bytebridge-e2e"):
        refuse_foreign_context(kubeconfig)


def test_a_second_run_does_not_take_the_cluster_from_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with exclusive(), pytest.raises(ClusterError, match="another run"), exclusive():
        pass
    with exclusive():
        pass
