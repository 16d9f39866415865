"""What ByteBridge is held to: the best peer of each scenario, and a few things never to be done."""

from collections.abc import Sequence
from dataclasses import dataclass

from bytebridge.simulation.policies.registry import BYTEBRIDGE, EARLIEST, PEERS
from bytebridge.simulation.scenarios import Scenario
from bytebridge.simulation.summary import Row

COST_BAR = 0.85
"""ByteBridge is to cost no more than this share of the best peer."""
OVER_TOLERANCE = 0.0005
"""Shares over the objective count as equal within half a tenth of a percent: less than that is
chance even among seeds of half a million requests each."""
CALM_SECONDS = 600.0
"""On steady Poisson load at most one reversal in so long a time."""
SOON_SECONDS = 30.0
"""With start-up times up to this no request may fail for want of replicas."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How ByteBridge stands on one scenario against the peer with the fewest requests over."""

    scenario: Scenario
    own: Row
    best: Row
    earliest: Row | None = None
    """All replicas at the first sample that shows a rise; `None`: it did not run."""

    @property
    def over_ratio(self) -> float:
        """ByteBridge's share over the objective relative to the peer's."""
        return self.own.over_share / max(self.best.over_share, 1e-9)

    @property
    def cost_ratio(self) -> float:
        """Its replica-hours relative to the peer's; at most `COST_BAR` holds."""
        return self.own.replica_hours / self.best.replica_hours

    @property
    def missed(self) -> tuple[str, ...]:
        """The bars that are not met, by name."""
        own, scenario = self.own, self.scenario
        met = {
            "over SLO": own.over_share <= self._most_over,
            "cost": self.cost_ratio <= COST_BAR,
            "failed": own.failed_share_worst_seed == 0 or not _none_need_fail(scenario),
            "calm": own.reversals_worst_seed <= len(scenario.rates) / CALM_SECONDS
            or not _is_steady(scenario),
            "in vain": own.highest < scenario.max_replicas
            or scenario.model.database_replicas is None,
            "outage": own.lost_amid_outage == 0,
        }
        return tuple(name for name, holds in met.items() if not holds)

    @property
    def out_of_reach(self) -> bool:
        """The bar of the objective is missed even by all replicas at the first sign of a rise.

        Whoever is better than these has more replicas standing before, or knew what was to come:
        then they tell nothing of what can be had.
        """
        if self.earliest is None:
            return False
        least = self.earliest.over_share
        return self._most_over < least <= self.own.over_share + OVER_TOLERANCE

    @property
    def _most_over(self) -> float:
        return self.best.over_share + OVER_TOLERANCE


def standings(scenarios: Sequence[Scenario], summary: Sequence[Row]) -> list[Standing]:
    """Compare ByteBridge with the best peer of each scenario."""
    found: list[Standing] = []
    for scenario in scenarios:
        rows = [row for row in summary if row.scenario == scenario.name]
        by_policy = {row.policy: row for row in rows}
        own, peers = by_policy.get(BYTEBRIDGE), [row for row in rows if row.policy in PEERS]
        if own and peers:
            best = min(peers, key=lambda row: row.over_share)
            found.append(Standing(scenario, own, best, by_policy.get(EARLIEST)))
    return found


def _none_need_fail(scenario: Scenario) -> bool:
    """Whether pods start soon enough, and the largest fleet can serve the load."""
    model = scenario.model
    busiest = max(scenario.rates) * model.service_seconds * model.slowdown / model.slots
    most = min(scenario.max_replicas, model.database_replicas or scenario.max_replicas)
    return model.startup_seconds <= SOON_SECONDS and busiest < most and not scenario.outages


def _is_steady(scenario: Scenario) -> bool:
    alike = len(set(scenario.rates)) == 1 and scenario.recorded is None
    return alike and scenario.dispersion == 1.0 and scenario.model.slowdown_at is None
