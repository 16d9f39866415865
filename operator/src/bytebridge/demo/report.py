"""What is left of a run: a table of its figures and a page with its plots."""

from collections.abc import Callable, Sequence
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from rich.table import Table

from bytebridge.demo.figures import Figures, figures
from bytebridge.demo.record import Record

COLORS = {"bytebridge": "#0a66c2", "hpa": "#b03060"}
Panel = tuple[int, Sequence[float | None], str, str]
"""Row, values, what they are, and the line's dash."""
Words = Callable[[Figures], str]
PANELS = ("Load, requests/s", "Replicas (dotted: Ready)", "Waiting requests", "p95 of 5 s, ms")
DATABASE_PANEL = "Database connections (dashed: max_connections)"


def figures_table(records: Sequence[Record]) -> Table:
    """The runs side by side."""
    columns = [figures(record) for record in records]
    table = Table(title="ByteBridge demo")
    table.add_column("")
    for record in records:
        table.add_column(record.policy, justify="right")
    for name, words in _rows():
        table.add_row(name, *(words(column) for column in columns))
    return table


def write_page(records: Sequence[Record], path: Path) -> Path:
    """Write the plots of all runs as one HTML file that needs nothing else."""
    limits = [record.max_connections for record in records if record.max_connections]
    panels = (*PANELS, DATABASE_PANEL) if limits else PANELS
    rows = len(panels)
    figure = make_subplots(
        rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.05, subplot_titles=panels
    )
    for record in records:
        _add(figure, record)
    if limits:
        line = {"dash": "dash", "color": "#c00", "width": 1}
        figure.add_hline(y=max(limits), line=line, row=rows, col=1)
    first = records[0]
    limit = first.objective_seconds * 1000
    figure.add_hline(y=limit, line={"dash": "dash", "color": "#c00", "width": 1}, row=4, col=1)
    figure.update_yaxes(type="log", row=4, col=1)
    figure.update_xaxes(title_text="seconds", row=rows, col=1)
    figure.update_layout(
        height=250 * rows, template="plotly_white", title="A surge to ten times the usual load"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.write_html(path, include_plotlyjs=True, full_html=True)
    return path


def _add(figure: go.Figure, record: Record) -> None:
    times, color = [sample.time for sample in record.samples], COLORS.get(record.policy, "#444")
    panels: list[Panel] = [
        (1, [s.requests_per_second for s in record.samples], "load", "solid"),
        (2, [s.replicas_desired for s in record.samples], "desired", "solid"),
        (2, [s.replicas_ready for s in record.samples], "Ready", "dot"),
        (3, [s.queue_depth for s in record.samples], "waiting", "solid"),
        (
            4,
            [s.p95_seconds * 1000 if s.p95_seconds else None for s in record.samples],
            "p95",
            "solid",
        ),
    ]
    if record.max_connections:
        connections = [sample.database_connections for sample in record.samples]
        panels.append((5, connections, "connections", "solid"))
    for row, values, what, dash in panels:
        trace = go.Scatter(
            x=times,
            y=values,
            name=f"{record.policy}: {what}",
            legendgroup=record.policy,
            line={"color": color, "dash": dash, "width": 1.5},
        )
        figure.add_trace(trace, row=row, col=1)


def _rows() -> tuple[tuple[str, Words], ...]:
    return (
        ("requests within the objective", lambda f: f"{f.within_objective:.2%}"),
        ("p95 of the whole run", lambda f: f"{f.p95_seconds * 1000:.0f} ms"),
        ("failed (the client gave up)", lambda f: f"{f.failed} of {f.requests}"),
        ("replica-hours", lambda f: f"{f.replica_hours:.2f}"),
        ("longest queue", lambda f: f"{f.longest_queue}"),
        ("database connections at most", lambda f: f.connections),
        ("surge to first change of replicas", lambda f: _seconds(f.first_change)),
        ("surge to enough replicas asked for", lambda f: _seconds(f.enough_desired)),
        ("surge to enough replicas Ready", lambda f: _seconds(f.enough_ready)),
        ("surge to p95 within the objective", lambda f: _seconds(f.recovered)),
    )


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"
