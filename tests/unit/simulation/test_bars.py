"""What ByteBridge is held to."""

from dataclasses import replace
from typing import Any

import pytest

from bytebridge.simulation.bars import standings
from bytebridge.simulation.document import markdown
from bytebridge.simulation.scenarios import SCENARIOS, Scenario
from bytebridge.simulation.summary import Row


def row(policy: str, **figures: Any) -> Row:
    kept: dict[str, Any] = {
        "scenario": "step-30", "policy": policy, "seeds": 3, "over_share": 0.05,
        "over_share_worst_seed": 0.05, "failed_share": 0.0, "failed_share_worst_seed": 0.0,
        "p50": 0.1, "p95": 0.1, "p99": 0.1, "worst_over_share": 0.1, "replica_hours": 0.8,
        "cost": 1.3, "actions": 5, "reversals": 1, "reversals_worst_seed": 1, "highest": 40,
        "lost_amid_outage": 0,
    }  # fmt: skip
    return Row(**(kept | figures))


def missed(name: str, **figures: Any) -> tuple[str, ...]:
    scenario: Scenario = SCENARIOS[name]
    rows = [
        row("bytebridge", scenario=name, **figures),
        row("kpa", scenario=name, over_share=0.06, replica_hours=1.0),
        row("hpa-rps", scenario=name, over_share=0.2, replica_hours=0.1),
        row("oracle", scenario=name, over_share=0.01, replica_hours=0.4),
    ]
    (standing,) = standings([scenario], rows)
    assert standing.best.policy == "kpa"
    return standing.missed


@pytest.mark.parametrize(
    ("scenario", "figures", "expected"),
    [
        pytest.param("step-30", {}, (), id="better and cheaper"),
        pytest.param("step-30", {"over_share": 0.0604}, (), id="as good, but for chance"),
        pytest.param("step-30", {"over_share": 0.0606}, ("over SLO",), id="worse"),
        pytest.param("step-30", {"replica_hours": 0.86}, ("cost",), id="too dear"),
        pytest.param("step-30", {"failed_share_worst_seed": 1e-6}, ("failed",), id="one failed"),
        pytest.param("step-60", {"failed_share_worst_seed": 0.1}, (), id="pods start late"),
        pytest.param("database-12", {"failed_share_worst_seed": 0.1}, (), id="not to be served"),
        pytest.param("steady", {"reversals_worst_seed": 3}, (), id="three in half an hour"),
        pytest.param("steady", {"reversals_worst_seed": 4}, ("calm",), id="four in half an hour"),
        pytest.param("bursty", {"reversals_worst_seed": 9}, (), id="bursty load is not steady"),
        pytest.param("database-24", {"highest": 100}, ("in vain",), id="replicas do not help"),
        pytest.param("step-30", {"highest": 100}, (), id="replicas help"),
        pytest.param("outage-nan-middle", {"lost_amid_outage": 1}, ("outage",), id="one is lost"),
    ],
)
def test_bars(scenario: str, figures: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert missed(scenario, **figures) == expected


@pytest.mark.parametrize(
    ("own", "earliest", "expected"),
    [
        pytest.param(0.080, 0.079, True, id="even all replicas at once are later than the peer"),
        pytest.param(0.080, 0.0804, True, id="as good as these, but for chance"),
        pytest.param(0.080, 0.0606, True, id="they are just later than the peer"),
        pytest.param(0.080, 0.0604, False, id="they are as good as the peer, but for chance"),
        pytest.param(0.080, 0.081, False, id="more stood before: they tell nothing"),
        pytest.param(0.080, None, False, id="they did not run"),
        pytest.param(0.059, 0.0594, False, id="the bar is held"),
    ],
)
def test_what_is_out_of_reach(own: float, earliest: float | None, expected: bool) -> None:
    rows = [row("bytebridge", over_share=own), row("kpa", over_share=0.06)]
    if earliest is not None:
        rows.append(row("earliest", over_share=earliest))
    (standing,) = standings([SCENARIOS["step-30"]], rows)
    assert standing.out_of_reach is expected
    text = markdown([SCENARIOS["step-30"]], rows, [standing], 3)
    assert ("over SLO (out of reach)" in text) is expected


def test_a_fleet_that_is_too_small_is_not_to_blame() -> None:
    small = replace(SCENARIOS["step-30"], max_replicas=20)
    rows = [row("bytebridge", failed_share_worst_seed=0.2), row("kpa", replica_hours=1.0)]
    assert standings([small], rows)[0].missed == ()


def test_without_peers_there_is_no_standing() -> None:
    assert standings([SCENARIOS["step-30"]], [row("bytebridge"), row("oracle")]) == []
