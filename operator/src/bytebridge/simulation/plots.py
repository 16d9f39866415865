"""The figures of the report."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from bytebridge.simulation.outcome import POINT_SECONDS, Course
from bytebridge.simulation.summary import Row

COLORS = {
    "bytebridge": "#0a66c2",
    "kpa": "#e07b00",
    "hpa-rps": "#2c8a3d",
    "hpa-inflight": "#8a5cc2",
    "hpa-cpu": "#b03060",
    "keda-queue": "#7a6a53",
    "static": "#999999",
    "earliest": "#b8a000",
    "oracle": "#111111",
}
SHOWN_AT_FIRST = frozenset({"bytebridge", "kpa", "hpa-rps", "oracle"})
PANELS = (
    "Load: requests that arrive, a second",
    "Replicas: Ready",
    "Replicas: starting, paid for and not serving yet",
    "Requests that wait",
    "p95 of the latency, seconds (dashed: the objective); gaps: more than 5 % failed",
)
P95_PANEL = len(PANELS)
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
"""On logarithmic axes."""


def courses_figure(courses: Sequence[Course], limit: float) -> go.Figure:
    """Load, replicas, queue and p95 over time, all policies of one scenario.

    Args:
        courses: One a policy, all of the same workload.
        limit: The objective's latency, seconds, drawn as a line.
    """
    figure = make_subplots(
        rows=len(PANELS), cols=1, shared_xaxes=True, vertical_spacing=0.04, subplot_titles=PANELS
    )
    load = courses[0].load
    minutes = [i * POINT_SECONDS / 60 for i in range(len(load))]
    figure.add_trace(
        go.Scatter(x=minutes, y=load, name="load", line={"color": "#444", "width": 1}), row=1, col=1
    )
    for course in courses:
        shown = len(courses) <= len(SHOWN_AT_FIRST) or course.policy in SHOWN_AT_FIRST
        _add_course(figure, course, minutes, shown=shown)
    figure.add_hline(
        y=limit, line={"dash": "dash", "color": "#c00", "width": 1}, row=P95_PANEL, col=1
    )
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(type="log", tickvals=TICKS, row=P95_PANEL, col=1)
    figure.update_xaxes(title_text="minutes", row=P95_PANEL, col=1)
    figure.update_layout(
        height=1100,
        template="plotly_white",
        margin={"t": 60, "b": 40},
        legend={"title": {"text": "click to show or hide"}},
    )
    return figure


def _add_course(
    figure: go.Figure, course: Course, minutes: Sequence[float], *, shown: bool
) -> None:
    times = [point.time / 60 for point in course.snapshots]
    panels = (
        (2, times, [point.ready for point in course.snapshots]),
        (3, times, [point.starting for point in course.snapshots]),
        (4, times, [point.waiting for point in course.snapshots]),
        (P95_PANEL, minutes, list(course.p95)),
    )
    for position, (panel, x, y) in enumerate(panels):
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                name=course.policy,
                legendgroup=course.policy,
                showlegend=position == 0,
                visible=True if shown else "legendonly",
                line={"color": COLORS[course.policy], "width": 1.5},
            ),
            row=panel,
            col=1,
        )


def pareto_figure(rows: Sequence[Row], summaries: dict[str, str]) -> go.Figure:
    """Cost against violations: one mark a policy and scenario; down and left is better."""
    figure = go.Figure()
    alone = len(summaries) == 1
    for policy in dict.fromkeys(row.policy for row in rows):
        own = [row for row in rows if row.policy == policy and row.cost is not None]
        figure.add_trace(
            go.Scatter(
                x=[row.cost for row in own],
                y=[100 * row.over_share for row in own],
                text=[summaries[row.scenario] for row in own],
                hovertemplate="%{text}<br>cost %{x:.2f}, %{y:.2f} % over",
                name=policy,
                mode="markers+text" if alone else "markers",
                texttemplate=policy if alone else None,
                textposition="top center",
                marker={"color": COLORS[policy], "size": 10},
            )
        )
    figure.update_xaxes(title_text="replica-hours relative to the oracle's")
    figure.update_yaxes(title_text="requests over the objective, %", type="log", tickvals=TICKS)
    figure.update_layout(height=520, template="plotly_white", margin={"t": 20})
    return figure
