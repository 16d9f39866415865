"""The backtest as text for the terminal and as one HTML page."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from bytebridge.backtest.advice import Advice, Headroom
from bytebridge.backtest.findings import FULL, Findings, Side
from bytebridge.backtest.replay import Tick
from bytebridge.simulation.report import html_table, page
from bytebridge.simulation.table import grid, percent

MOST_POINTS = 2_000
"""Of one line in a plot; longer ones are thinned out."""
STOOD, OWN = "#b03060", "#0a66c2"
PANELS = (
    "Load: requests that arrive, a second",
    "Replicas: what was set, and what ByteBridge would have set",
    "Replicas that were Ready, and that would have been",
    "Requests that waited, and that would have waited (fluid model)",
    "Recorded latency at the objective's percentile, seconds (dashed: the objective)",
)

LIMITS = (
    "What a backtest cannot know. The recorded latencies were shaped by the replicas that stood: "
    "what ByteBridge's would have been, nobody can tell; its waiting requests are those of a fluid "
    "model that knows no chance, no clients that give up and no pods that fail. Arrivals are taken "
    "as they came: users who were turned away, or came again, are not known. Every start-up takes "
    "the time that the spec says. What is not exported stays unknown, as it would to the operator."
)


@dataclass(frozen=True, slots=True)
class Backtest:
    """Everything that is shown."""

    service: str
    ticks: Sequence[Tick]
    findings: Findings
    advice: Sequence[Advice]
    headrooms: Sequence[Headroom]
    objective_seconds: float | None
    startup_seconds: float
    unknown: Sequence[tuple[str, int]]
    """Why signals were unknown, and in how many ticks; the most frequent first."""


def text(backtest: Backtest) -> str:
    """The tables for the terminal."""
    parts = [grid(*_sides(backtest.findings)), *_notes(backtest)]
    if backtest.advice:
        parts += ["Recommended for spec.scaling:", grid(*_advice(backtest.advice))]
    if backtest.headrooms:
        parts += ["Standing headroom and its price:", grid(*_headrooms(backtest.headrooms))]
    return "\n\n".join([*parts, LIMITS])


def html(backtest: Backtest) -> str:
    """The page, with plots; it needs nothing else."""
    plots = _figure(backtest).to_html(full_html=False, include_plotlyjs="inline")
    notes = "".join(f"<p>{escape(note)}</p>" for note in _notes(backtest))
    advice = f"<h2>Recommended for spec.scaling</h2>{html_table(*_advice(backtest.advice))}"
    headrooms = (
        "<h2>Standing headroom and its price</h2><p>How much must stand so that a rise of the load "
        f"finds room before new replicas serve.</p>{html_table(*_headrooms(backtest.headrooms))}"
    )
    return page(
        f"ByteBridge: backtest of {backtest.service}",
        f"<h1>What ByteBridge would have done for {escape(backtest.service)}</h1>"
        f"{html_table(*_sides(backtest.findings))}{notes}{plots}"
        f"{advice if backtest.advice else ''}{headrooms if backtest.headrooms else ''}"
        f"<h2>Limits</h2><p>{LIMITS}</p>",
    )


Table = tuple[Sequence[str], list[Sequence[str]]]


def _sides(found: Findings) -> Table:
    def line(name: str, show: Callable[[Side], str]) -> Sequence[str]:
        return name, show(found.stood), show(found.own)

    over = "not recorded" if found.over_share is None else percent(found.over_share)
    return ("", "as it was", "ByteBridge"), [
        line("replica-hours", lambda side: f"{side.replica_hours:.1f}"),
        line("replicas on average", lambda side: f"{side.mean:.1f}"),
        line("most replicas", lambda side: str(side.most)),
        line("changes", lambda side: str(side.changes)),
        line("reversals", lambda side: str(side.reversals)),
        line("requests with no slot to spare", lambda side: percent(side.short_share)),
        ("requests while over the objective", over, "cannot be known"),
    ]


def _notes(backtest: Backtest) -> Iterable[str]:
    found = backtest.findings
    yield (
        f"{found.hours:.1f} hours; start-up time {backtest.startup_seconds:g} s. No slot to "
        f"spare: the load kept more than {FULL:.0%} of the Ready replicas' slots busy."
    )
    if found.unknown_share:
        yield f"The load was unknown for {found.unknown_share:.1%} of the time; replicas are held."
    for why, ticks in backtest.unknown:
        yield f"In {ticks} ticks: {why}."


def _advice(advice: Sequence[Advice]) -> Table:
    lines = [(one.field, one.present, one.recommended, one.reason) for one in advice]
    return ("field", "present", "recommended", "because"), list(lines)


def _headrooms(headrooms: Sequence[Headroom]) -> Table:
    return ("of the time", "the load rose to", "headroomPercent", "replica-hours"), [
        (f"{h.share:.0%}", f"x {h.rise:.2f}", str(h.percent), f"x {h.price:.2f}") for h in headrooms
    ]


def _figure(backtest: Backtest) -> go.Figure:
    bins = _thinned(backtest.ticks)
    times = [datetime.fromtimestamp(group[0].time, UTC) for group in bins]
    figure = make_subplots(
        rows=len(PANELS), cols=1, shared_xaxes=True, vertical_spacing=0.04, subplot_titles=PANELS
    )
    reasons = [group[-1].reason for group in bins]
    lines: list[tuple[int, str, str, list[float | None]]] = [
        (1, "load", "#444", _largest(bins, lambda t: t.arrivals)),
        (2, "as it was", STOOD, _largest(bins, lambda t: t.stood.desired if t.stood else None)),
        (2, "ByteBridge", OWN, _largest(bins, lambda t: t.desired)),
        (3, "as it was", STOOD, _largest(bins, lambda t: t.stood.ready if t.stood else None)),
        (3, "ByteBridge", OWN, _largest(bins, lambda t: t.ready)),
        (4, "as it was", STOOD, _largest(bins, lambda t: t.waiting)),
        (4, "ByteBridge", OWN, _largest(bins, lambda t: t.queue)),
        (5, "as it was", STOOD, _largest(bins, lambda t: t.p95)),
    ]
    for row, name, color, values in lines:
        figure.add_trace(
            go.Scatter(
                x=times,
                y=values,
                name=name,
                legendgroup=name,
                showlegend=row <= 2,
                text=reasons if name == "ByteBridge" else None,
                line={"color": color, "width": 1.5, "shape": "hv" if row in {2, 3} else "linear"},
            ),
            row=row,
            col=1,
        )
    if backtest.objective_seconds is not None:
        limit = backtest.objective_seconds
        dashed = {"dash": "dash", "color": "#c00", "width": 1}
        figure.add_hline(y=limit, line=dashed, row=len(PANELS), col=1)
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(height=1100, template="plotly_white", margin={"t": 40, "b": 40})
    return figure


def _thinned(ticks: Sequence[Tick]) -> list[Sequence[Tick]]:
    width = max(1, -(-len(ticks) // MOST_POINTS))
    return [ticks[i : i + width] for i in range(0, len(ticks), width)]


def _largest(
    bins: Sequence[Sequence[Tick]], value: Callable[[Tick], float | None]
) -> list[float | None]:
    return [
        max((v for tick in group if (v := value(tick)) is not None), default=None) for group in bins
    ]
