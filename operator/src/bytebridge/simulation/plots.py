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
    "oracle": "#111111",
}
SHOWN_AT_FIRST = frozenset({"bytebridge", "kpa", "hpa-rps", "oracle"})
PANELS = (
    "Load, requests/s",
    "Replicas: desired (dotted: Ready)",
    "Waiting requests",
    "p95, seconds",
)


def courses_figure(courses: Sequence[Course], limit: float) -> go.Figure:
    """Load, replicas, queue and p95 over time, all policies of one scenario.

    Args:
        courses: One a policy, all of the same workload.
        limit: The objective's latency, seconds, drawn as a line.
    """
    figure = make_subplots(
        rows=4, cols=1, shared_xaxes=True, vertical_spacing=0.04, subplot_titles=PANELS
    )
    load = courses[0].load
    minutes = [i * POINT_SECONDS / 60 for i in range(len(load))]
    figure.add_trace(
        go.Scatter(x=minutes, y=load, name="load", line={"color": "#444", "width": 1}), row=1, col=1
    )
    for course in courses:
        _add_course(figure, course, minutes)
    figure.add_hline(y=limit, line={"dash": "dash", "color": "#c00", "width": 1}, row=4, col=1)
    figure.update_yaxes(type="log", row=4, col=1)
    figure.update_xaxes(title_text="minutes", row=4, col=1)
    figure.update_layout(height=900, template="plotly_white", margin={"t": 40, "b": 40})
    return figure


def _add_course(figure: go.Figure, course: Course, minutes: Sequence[float]) -> None:
    times = [point.time / 60 for point in course.snapshots]
    panels = (
        (2, times, [point.desired for point in course.snapshots], "solid"),
        (2, times, [point.ready for point in course.snapshots], "dot"),
        (3, times, [point.waiting for point in course.snapshots], "solid"),
        (4, minutes, list(course.p95), "solid"),
    )
    for position, (panel, x, y, dash) in enumerate(panels):
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                name=course.policy,
                legendgroup=course.policy,
                showlegend=position == 0,
                visible=True if course.policy in SHOWN_AT_FIRST else "legendonly",
                line={"color": COLORS[course.policy], "width": 1.5, "dash": dash},
            ),
            row=panel,
            col=1,
        )


def pareto_figure(rows: Sequence[Row], summaries: dict[str, str]) -> go.Figure:
    """Cost against violations: one mark a policy and scenario; down and left is better."""
    figure = go.Figure()
    for policy in dict.fromkeys(row.policy for row in rows):
        own = [row for row in rows if row.policy == policy and row.cost is not None]
        figure.add_trace(
            go.Scatter(
                x=[row.cost for row in own],
                y=[100 * row.over_share for row in own],
                text=[summaries[row.scenario] for row in own],
                hovertemplate="%{text}<br>cost %{x:.2f}, %{y:.2f} % over",
                name=policy,
                mode="markers",
                marker={"color": COLORS[policy], "size": 10},
            )
        )
    figure.update_xaxes(title_text="replica-hours relative to the oracle's")
    figure.update_yaxes(title_text="requests over the objective, %", type="log")
    figure.update_layout(height=520, template="plotly_white", margin={"t": 20})
    return figure
