import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytebridge.api.postgres import FEWEST_PODS
from bytebridge.budget.peak import peak_pods, replicas_within


@pytest.mark.parametrize(
    ("replicas", "pods"),
    # replicas + surge of a rollout + as many terminating
    [(1, 1 + 1 + 1), (2, 2 + 1 + 1), (4, 4 + 1 + 1), (5, 5 + 2 + 2), (40, 40 + 10 + 10)],
)
def test_pods_at_the_worst_moment(replicas: int, pods: int) -> None:
    assert peak_pods(replicas) == pods


def test_the_rule_of_the_api_counts_the_same() -> None:
    assert peak_pods(1) == FEWEST_PODS


@given(st.integers(0, 20_000))
def test_the_highest_replicas_within_pods(pods: int) -> None:
    replicas = replicas_within(pods)
    assert replicas == 0 or peak_pods(replicas) <= pods
    assert peak_pods(replicas + 1) > pods
