"""docs/comparison.md: the figures of the comparison with what one must know to read them."""

from collections.abc import Sequence

from bytebridge.simulation.bars import COST_BAR, Standing
from bytebridge.simulation.policies.registry import BYTEBRIDGE
from bytebridge.simulation.scenarios import Scenario
from bytebridge.simulation.summary import Row
from bytebridge.simulation.table import grid, percent, scenario_table, standing_table

PARETO_SCENARIOS = (
    "step-10", "step-30", "step-60", "ramp-60-30", "ramp-180-30", "flashes", "diurnal",
    "database-24",
)  # fmt: skip
"""Whose cost and violations are plotted."""
COURSE_SCENARIOS = ("step-30", "ramp-180-30")
"""Whose courses are plotted."""
PRICE_SCENARIOS = (
    "step-30", "step-2s", "step-headroom-100", "step-headroom-300", "flashes", "flashes-2s",
)  # fmt: skip
"""What money buys: shorter intervals and replicas that stand already."""

INTRODUCTION = """# Comparison

Written by `make compare`; `make compare ARGS="--report out.html"` adds plots of every scenario. A
discrete-event model of one service (`bytebridge.simulation`) meets the same requests under each
policy. [How to read it, and to do the same for a service of your own](simulation.md).

**Model.** First come, first served; lognormal service time, mean 60 ms, squared coefficient of
variation 0.5; two slots a replica; start-up time L (30 s unless said), each pod within 10 % of it;
pods stop gracefully; clients give up after 30 s. Scrape and tick every 5 s with random phase, rates
over 15 and 60 s extrapolated from the samples as PromQL does. Objective: p95 within 200 ms;
2 to 100 replicas. The service time alone puts 1.4 % of the requests over 200 ms. The queue is held
against Erlang C, Pollaczek-Khinchin, Allen-Cunneen and Little's law in the tests.

**Policies.** `bytebridge`: the operator's own decision core and actuation with the defaults of the
resource, and the HPA whose floor it steers, with its CPU metric (a busy slot is its share of the
CPU that a pod requests, as metrics-server tells it each 15 s).
`kpa`: Knative (60 s stable, 6 s panic at 2x, 2 s tick on its own 1 s samples). `hpa-rps`,
`hpa-inflight`, `hpa-cpu`: HPA (15 s sync, tolerance 0.1, unready pods, 300 s stabilization, 100 %
or 4 pods in 15 s; CPU by metrics-server each 15 s). `keda-queue`: KEDA on waiting requests, 5 a
replica, by the HPA that it makes. All peers aim at 70 % busy.
`static`: 70 % busy at the highest load. `earliest`: 70 % busy, and all replicas from the first
sample that shows a load a tenth above the least of five minutes, which it knows without noise,
until the backlog has gone; its cost does not matter. `oracle`: knows the load of each second to
come.

**Columns.** Over SLO: share of requests over 200 ms, failed ones included. Cost: replica-hours,
from a pod's creation to its deletion, relative to the oracle's. Reversals: changes of the replicas
against the direction of the one before. Means over the seeds; worst seed and worst 10 minutes
where it says so.

**What cannot be had.** In a step with L = 30 s the load is seen after up to a scrape and a tick,
and no pod that is asked for then serves sooner than L later: some 37 s x 1,000 requests, 5 % of
all of the run, come before there can be capacity. What is left to a policy is how fast it drains
that backlog, at what price. *At first sight* is what `earliest` puts over the objective: where the
best peer's share is below that, nobody who is told as often as this has it at any price (*out of
reach*), but by replicas that stand before. Knative is told each second, and decides each other one.

**Limits of the model.** One queue for all replicas (but in `*-scattered`, where each request waits
at a pod that was drawn for it and the oracle still reckons with one queue), one exporter (no series
that begin with each pod), no failing pods, no rollouts, no nodes to be provisioned.
"""


def markdown(
    scenarios: Sequence[Scenario],
    rows: Sequence[Row],
    found: Sequence[Standing],
    seeds: int,
    images: Sequence[tuple[str, str]] = (),
) -> str:
    """Write the document.

    Args:
        scenarios: In the order to be shown.
        rows: Figures of all scenarios and policies.
        found: ByteBridge against the best peer.
        seeds: Workloads drawn for each scenario.
        images: Title and path of each plot, relative to the document.
    """
    sections = "\n".join(
        f"### {scenario.summary[0].upper()}{scenario.summary[1:]} (`{scenario.name}`)\n\n"
        + scenario_table([row for row in rows if row.scenario == scenario.name])
        + "\n"
        for scenario in scenarios
    )
    return (
        f"{INTRODUCTION}\n## Against the best peer\n\n{_bars(found, seeds)}\n\n"
        f"{standing_table(found)}\n\n{_pictures(images)}{_prices(rows)}"
        f"## All figures\n\n{sections}"
    )


def _bars(found: Sequence[Standing], seeds: int) -> str:
    return (
        "The bars. *Over SLO*: no more requests over the objective than the peer with the fewest "
        f"(within 0.05 %, which is chance). *Cost*: at most {COST_BAR} of that peer's "
        "replica-hours. *Failed*: no failed request where L is at most 30 s and the largest fleet "
        "can serve the load. *Calm*: at most one reversal in ten minutes on steady Poisson load. "
        "*In vain*: not up to the maximum where the database is what is full. *Outage*: no replica "
        f"taken away while metrics are at fault. {sum(not s.missed for s in found)} of "
        f"{len(found)} scenarios miss none; {sum(map(_only_out_of_reach, found))} miss only what "
        f"is out of reach. Seeds: {seeds}; over SLO, cost, failed and reversals are means, "
        "the bars *failed*, *calm* and *outage* hold for the worst seed."
    )


def _only_out_of_reach(standing: Standing) -> bool:
    return standing.missed == ("over SLO",) and standing.out_of_reach


def _pictures(images: Sequence[tuple[str, str]]) -> str:
    return "".join(f"## {title}\n\n![{title}]({path})\n\n" for title, path in images)


def _prices(rows: Sequence[Row]) -> str:
    """What shorter intervals and standing replicas bring, and cost."""
    own = {row.scenario: row for row in rows if row.policy == BYTEBRIDGE}
    lines = [
        (name, percent(row.over_share), percent(row.failed_share), f"{row.replica_hours:.2f}")
        for name in PRICE_SCENARIOS
        if (row := own.get(name))
    ]
    if not lines:
        return ""
    table = grid(("scenario", "over SLO", "failed", "replica-hours"), lines)
    return (
        "## What money buys\n\nWhere scrape and tick set the limit, 2 s for both see a step "
        "sooner, at 2.5 times the samples; replicas that stand already meet a part of it at once."
        "\n\n"
        f"{table}\n\n"
    )
