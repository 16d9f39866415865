"""Plots as SVG files, for documents that cannot show the report's."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from bytebridge.simulation.outcome import POINT_SECONDS, Course
from bytebridge.simulation.plots import COLORS, SHOWN_AT_FIRST, TICKS
from bytebridge.simulation.summary import Row

COLUMNS = 4
SNAPSHOTS_A_POINT = 2
"""Every second snapshot is as fine as the rest of a course."""
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bytebridge",
    "font.size": 8,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.axisbelow": True,
    "path.simplify_threshold": 0.5,
}
"""Text stays text, and the same figures give the same file."""


def draw_pareto(rows: Sequence[Row], scenarios: Sequence[str], path: Path) -> None:
    """Cost against violations, one panel a scenario.

    Args:
        rows: Figures of all scenarios and policies.
        scenarios: Names of those to be shown.
        path: SVG file to write.
    """
    lines = -(-len(scenarios) // COLUMNS)
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(10, 2.4 * lines + 0.4), layout="constrained")
        grid = figure.subplots(lines, COLUMNS, squeeze=False)
        panels = [axes for line in grid for axes in line]
        for axes, scenario in zip_longest(panels, scenarios):
            if scenario is None:
                axes.set_visible(False)
                continue
            _panel(axes, scenario, [row for row in rows if row.scenario == scenario])
        figure.supxlabel("replica-hours relative to the oracle's")
        figure.supylabel("requests over the objective, %")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=8, frameon=False)
        _write(figure, path)


def _panel(axes: Axes, scenario: str, rows: Sequence[Row]) -> None:
    for row in rows:
        if row.cost is not None:
            large = row.policy == "bytebridge"
            axes.plot(
                row.cost, 100 * row.over_share, "o", color=COLORS[row.policy], label=row.policy,
                markersize=7 if large else 4.5, zorder=3 if large else 2,
            )  # fmt: skip
    _logarithmic(axes)
    axes.tick_params(labelsize=6)
    axes.set_title(scenario, fontsize=8)


def draw_courses(courses: Sequence[Course], limit: float, path: Path) -> None:
    """Load, replicas, queue and p95 over time.

    Args:
        courses: One a policy, all of the same workload; the most telling ones are shown.
        limit: The objective's latency, seconds.
        path: SVG file to write.
    """
    titles = ("load, requests/s", "Ready replicas", "starting replicas", "waiting", "p95, s")
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(10, 8), layout="constrained")
        panels = figure.subplots(len(titles), 1, sharex=True)
        minutes = [i * POINT_SECONDS / 60 for i in range(len(courses[0].load))]
        panels[0].plot(minutes, courses[0].load, color="#444", linewidth=1)
        for course in courses:
            if course.policy in SHOWN_AT_FIRST:
                _course(panels, course, minutes)
        panels[-1].axhline(limit, color="#c00", linestyle="--", linewidth=1)
        _logarithmic(panels[-1])
        panels[-1].set_xlabel("minutes")
        for axes, title in zip(panels, titles, strict=True):
            axes.set_ylabel(title)
        handles, labels = panels[1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=8, frameon=False)
        _write(figure, path)


def _course(panels: Sequence[Axes], course: Course, minutes: Sequence[float]) -> None:
    points = course.snapshots[::SNAPSHOTS_A_POINT]
    times = [point.time / 60 for point in points]
    p95 = [float("nan") if value is None else value for value in course.p95]
    lines: Mapping[int, tuple[Sequence[float], Sequence[float]]] = {
        1: (times, [point.ready for point in points]),
        2: (times, [point.starting for point in points]),
        3: (times, [point.waiting for point in points]),
        4: (minutes, p95),
    }
    for panel, (x, y) in lines.items():
        color = COLORS[course.policy]
        panels[panel].plot(x, y, color=color, linewidth=1.2, label=course.policy)


def _logarithmic(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator(TICKS))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")


def _write(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
