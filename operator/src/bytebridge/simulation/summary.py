"""Outcomes of several seeds as one row, relative to the oracle."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from bytebridge.simulation.outcome import Outcome
from bytebridge.simulation.policies.registry import ORACLE


@dataclass(frozen=True, slots=True)
class Row:
    """One policy on one scenario over all seeds: means, and the worst seed where it says so."""

    scenario: str
    policy: str
    seeds: int
    over_share: float
    over_share_worst_seed: float
    failed_share: float
    failed_share_worst_seed: float
    p50: float
    p95: float
    p99: float
    worst_over_share: float
    replica_hours: float
    cost: float | None
    """Replica-hours relative to the oracle's; `None` when the oracle did not run."""
    actions: float
    reversals: float
    reversals_worst_seed: int
    highest: int
    lost_amid_outage: int


def rows(outcomes: Iterable[Outcome]) -> list[Row]:
    """Sum up outcomes by scenario and policy, in the order of first appearance."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.scenario, outcome.policy), []).append(outcome)
    hours = {key: fmean(o.replica_hours for o in group) for key, group in groups.items()}
    return [_row(group, hours[key], hours.get((key[0], ORACLE))) for key, group in groups.items()]


def _row(group: Sequence[Outcome], hours: float, oracle_hours: float | None) -> Row:
    return Row(
        scenario=group[0].scenario,
        policy=group[0].policy,
        seeds=len(group),
        over_share=fmean(o.over_share for o in group),
        over_share_worst_seed=max(o.over_share for o in group),
        failed_share=fmean(o.failed_share for o in group),
        failed_share_worst_seed=max(o.failed_share for o in group),
        p50=fmean(o.p50 for o in group),
        p95=fmean(o.p95 for o in group),
        p99=fmean(o.p99 for o in group),
        worst_over_share=max(o.worst_over_share for o in group),
        replica_hours=hours,
        cost=hours / oracle_hours if oracle_hours else None,
        actions=fmean(o.actions for o in group),
        reversals=fmean(o.reversals for o in group),
        reversals_worst_seed=max(o.reversals for o in group),
        highest=max(o.highest for o in group),
        lost_amid_outage=max(o.lost_amid_outage for o in group),
    )
