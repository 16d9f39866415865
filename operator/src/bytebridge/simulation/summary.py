"""Outcomes of several seeds as one row, relative to the oracle and to the best peer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from bytebridge.simulation.outcome import Outcome
from bytebridge.simulation.policies.registry import BYTEBRIDGE, ORACLE, PEERS

COST_BAR = 0.85
"""ByteBridge is to cost no more than this share of the best peer."""


@dataclass(frozen=True, slots=True)
class Row:
    """One policy on one scenario over all seeds: means, and the worst seed where it says so."""

    scenario: str
    policy: str
    seeds: int
    over_share: float
    over_share_worst_seed: float
    failed_share: float
    p50: float
    p95: float
    p99: float
    worst_over_share: float
    replica_hours: float
    cost: float | None
    """Replica-hours relative to the oracle's; `None` when the oracle did not run."""
    actions: float
    reversals: float
    highest: int
    lowest_amid_outage: int


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
        p50=fmean(o.p50 for o in group),
        p95=fmean(o.p95 for o in group),
        p99=fmean(o.p99 for o in group),
        worst_over_share=max(o.worst_over_share for o in group),
        replica_hours=hours,
        cost=hours / oracle_hours if oracle_hours else None,
        actions=fmean(o.actions for o in group),
        reversals=fmean(o.reversals for o in group),
        highest=max(o.highest for o in group),
        lowest_amid_outage=min(o.lowest_amid_outage for o in group),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How ByteBridge stands on one scenario against the peer with the fewest requests over."""

    own: Row
    best: Row

    @property
    def over_ratio(self) -> float:
        """ByteBridge's share over the objective relative to the peer's; at most 1 holds."""
        return self.own.over_share / max(self.best.over_share, 1e-9)

    @property
    def cost_ratio(self) -> float:
        """Its replica-hours relative to the peer's; at most `COST_BAR` holds."""
        return self.own.replica_hours / self.best.replica_hours

    @property
    def holds(self) -> bool:
        """Both bars are met."""
        return self.over_ratio <= 1.0 and self.cost_ratio <= COST_BAR


def standings(summary: Sequence[Row]) -> list[Standing]:
    """Compare ByteBridge with the best peer of each scenario."""
    found: list[Standing] = []
    for own in (row for row in summary if row.policy == BYTEBRIDGE):
        peers = [r for r in summary if r.scenario == own.scenario and r.policy in PEERS]
        if peers:
            found.append(Standing(own, min(peers, key=lambda r: r.over_share)))
    return found
