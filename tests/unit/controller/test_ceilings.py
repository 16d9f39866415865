import pytest

from bytebridge.budget.claims import Role
from bytebridge.budget.grants import Grant
from bytebridge.controller.ceilings import capped, lasting_ceiling, replicas_ceiling
from bytebridge.controller.holdings import Holdings
from bytebridge.controller.projection import DeploymentView
from bytebridge.controller.store import Entry
from bytebridge.scaling.actuation import lowest_of
from bytebridge.scaling.policy import compile_policy
from unit.budget.test_claims import service


@pytest.mark.parametrize(
    ("spec_replicas", "terminating", "ceiling"),
    [
        (10, 0, 40),
        (10, 10, 40),  # as many as the budget has counted
        (10, 25, 25),
        (30, 25, 30),  # never below what runs
        (10, None, 40),
    ],
)
def test_pods_that_terminate_hold_connections(
    spec_replicas: int, terminating: int | None, ceiling: int
) -> None:
    grants = {Role.WRITER: Grant(3, 40, 180)}
    entry = Entry(None, None, None, "uid", "", 1, {}, holdings=Holdings(grants))
    view = DeploymentView(spec_replicas, spec_replicas, {}, "", terminating=terminating)
    assert replicas_ceiling(entry, service(40), view) == ceiling


@pytest.mark.parametrize(
    ("bound", "granted", "spec_replicas", "ceiling"),
    [
        (None, None, 10, None),
        (None, 40, 10, 40),  # the database is well
        (12, 40, 10, 12),  # the HPA's CPU metric goes no further either
        (12, None, 10, 12),  # without a budget as well
        (12, 40, 15, 15),  # never below what stands
        (12, 8, 8, 8),
    ],
)
def test_a_database_that_is_the_bottleneck_holds_the_hpa_back(
    bound: int | None, granted: int | None, spec_replicas: int, ceiling: int | None
) -> None:
    grants = {} if granted is None else {Role.WRITER: Grant(3, granted, 180)}
    entry = Entry(None, None, None, "uid", "", 1, {}, holdings=Holdings(grants))
    entry.guard.bound = bound
    view = DeploymentView(spec_replicas, spec_replicas, {}, "")
    assert lasting_ceiling(entry, service(40), view) == ceiling


@pytest.mark.parametrize(
    ("ceilings", "lowest"), [((None, None), None), ((None, 8), 8), ((9, None), 9), ((9, 8), 8)]
)
def test_the_lowest_ceiling_binds(ceilings: tuple[int | None, ...], lowest: int | None) -> None:
    assert lowest_of(*ceilings) == lowest


def test_a_policy_within_a_ceiling() -> None:
    policy = compile_policy(service(40), 5.0)
    assert capped(policy, None) is policy
    low = capped(policy, 1)
    assert (low.min_replicas, low.max_replicas) == (1, 1)
