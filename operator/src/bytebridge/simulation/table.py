"""The figures as Markdown."""

from collections.abc import Sequence

from bytebridge.simulation.bars import Standing
from bytebridge.simulation.summary import Row

HEADINGS = (
    "policy", "over SLO", "worst seed", "worst 10 min", "failed", "p50 ms", "p95 ms", "p99 ms",
    "cost / oracle", "replica-h", "actions", "reversals", "most replicas",
)  # fmt: skip


def percent(share: float) -> str:
    """A share with two figures that count."""
    return f"{share * 100:.2f} %" if share < 0.1 else f"{share * 100:.1f} %"


def milliseconds(seconds: float) -> str:
    """Milliseconds, or what stands for a failed request."""
    return f"{seconds * 1000:.0f}" if seconds < float("inf") else "failed"


def cells(row: Row) -> tuple[str, ...]:
    """A row as texts, in the order of `HEADINGS`."""
    return (
        row.policy,
        percent(row.over_share),
        percent(row.over_share_worst_seed),
        percent(row.worst_over_share),
        percent(row.failed_share) if row.failed_share else "0",
        milliseconds(row.p50),
        milliseconds(row.p95),
        milliseconds(row.p99),
        f"{row.cost:.2f}" if row.cost is not None else "",
        f"{row.replica_hours:.2f}",
        f"{row.actions:.0f}",
        f"{row.reversals:.0f}",
        str(row.highest),
    )


def scenario_table(summary: Sequence[Row]) -> str:
    """One scenario's policies below each other."""
    return grid(HEADINGS, [cells(row) for row in summary])


def standing_table(found: Sequence[Standing]) -> str:
    """ByteBridge against the best peer, one scenario a line."""
    return grid(
        (
            "scenario", "over SLO", "at first sight", "best peer's", "best peer", "failed",
            "cost / oracle", "cost / peer's", "reversals", "most replicas", "bars missed",
        ),
        [_standing_cells(standing) for standing in found],
    )  # fmt: skip


def _standing_cells(standing: Standing) -> tuple[str, ...]:
    own, best = standing.own, standing.best
    return (
        standing.scenario.name,
        percent(own.over_share),
        percent(standing.earliest.over_share) if standing.earliest else "",
        percent(best.over_share),
        best.policy,
        percent(own.failed_share) if own.failed_share else "0",
        f"{own.cost:.2f}" if own.cost is not None else "",
        f"{standing.cost_ratio:.2f}",
        f"{own.reversals:.0f}",
        str(own.highest),
        ", ".join(_bar(name, standing) for name in standing.missed) or "none",
    )


def _bar(name: str, standing: Standing) -> str:
    """A bar that is missed, and whether it can be had."""
    unreachable = name == "over SLO" and standing.out_of_reach
    return f"{name} (out of reach)" if unreachable else name


def grid(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns stand below each other in plain text too."""
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(
        "| " + " | ".join(_aligned(line, widths)) + " |" for line in (headings, rule, *lines)
    )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = line
    return [
        first.ljust(widths[0]),
        *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)),
    ]
