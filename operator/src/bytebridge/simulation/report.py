"""The report as one HTML file that needs nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from bytebridge.simulation.outcome import Course
from bytebridge.simulation.plots import courses_figure, pareto_figure
from bytebridge.simulation.policies.registry import BYTEBRIDGE, PEERS
from bytebridge.simulation.scenarios import Scenario
from bytebridge.simulation.summary import Row
from bytebridge.simulation.table import HEADINGS, cells, percent

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-size: 13px } th, td { padding: 3px 9px; text-align: right }
th, td { white-space: nowrap }
th:first-child, td:first-child { text-align: left }
td.prose { text-align: left; white-space: normal } tr { border-bottom: 1px solid #ddd }
tr.bytebridge { background: #e8f1fb }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; font-size: 14px }
dt { font-weight: 600 } dd { margin: 0 }
"""
LONGEST_FIGURE = 40
"""Characters; longer cells are sentences, which begin at the left and wrap."""
EXPLANATION = """
<p>A model of the service, without a cluster, meets the very same requests under each policy. They
come first, are served first; a pod that is asked for serves one start-up time later; clients give
up after {timeout:g} s.</p>
<dl>
<dt>over SLO</dt><dd>share of the requests that took longer than the objective's latency, failed
ones (the client gave up) included; <i>worst 10 min</i>: the same in the worst ten minutes</dd>
<dt>cost</dt><dd>replica-hours, from a pod's creation to its deletion, relative to the
<i>oracle</i>'s, which knows the load to come: nobody can do better at its cost</dd>
<dt>reversals</dt><dd>changes of the replicas against the direction of the one before</dd>
<dt>bytebridge</dt><dd>this operator's own decisions</dd>
<dt>kpa</dt><dd>Knative's autoscaler</dd>
<dt>hpa-rps, hpa-inflight, hpa-cpu</dt><dd>Kubernetes' HPA on requests a second, on requests in
flight, on CPU</dd>
<dt>keda-queue</dt><dd>KEDA on the requests that wait</dd>
<dt>static</dt><dd>as many replicas as the highest load needs, always</dd>
</dl>
<p>Figures are means over {seeds}, the worst of all where they say so. The plots
show the first one.</p>
"""


def html_report(
    scenarios: Sequence[Scenario], rows: Sequence[Row], courses: Mapping[str, Sequence[Course]]
) -> str:
    """Write the report.

    Args:
        scenarios: In the order to be shown.
        rows: Figures of all scenarios and policies.
        courses: By scenario, one seed's course of each policy; may lack scenarios.
    """
    summaries = {scenario.name: scenario.summary for scenario in scenarios}
    pareto = pareto_figure(rows, summaries).to_html(full_html=False, include_plotlyjs="inline")
    sections = (
        _section(scenario, [row for row in rows if row.scenario == scenario.name], courses)
        for scenario in scenarios
    )
    seeds = rows[0].seeds
    explanation = EXPLANATION.format(
        timeout=scenarios[0].model.timeout_seconds,
        seeds=f"{seeds} seeds (draws of the requests)" if seeds > 1 else "one seed",
    )
    return page(
        "ByteBridge: simulation",
        f"<h1>What each autoscaler would have done</h1>{explanation}<h2>Cost against violations"
        f"</h2><p>Down and left is better.</p>{pareto}{''.join(sections)}",
    )


def page(title: str, body: str) -> str:
    """A whole HTML page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>"
    )


def html_table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table of texts."""
    body = "".join(f"<tr>{''.join(map(_cell, line))}</tr>" for line in lines)
    return f"<table><tr>{_line(headings, 'th')}</tr>{body}</table>"


def _cell(text: str) -> str:
    prose = ' class="prose"' if len(text) > LONGEST_FIGURE else ""
    return f"<td{prose}>{escape(text)}</td>"


def _section(
    scenario: Scenario, rows: Sequence[Row], courses: Mapping[str, Sequence[Course]]
) -> str:
    shown = courses.get(scenario.name, ())
    plots = ""
    if shown:
        figure = courses_figure(shown, scenario.objective_milliseconds / 1000)
        plots = figure.to_html(full_html=False, include_plotlyjs=False)
    model = scenario.model
    setting = (
        f"Service time {model.service_seconds * 1000:g} ms (squared coefficient of variation "
        f"{model.variability:g}), {model.slots} slots a replica, {model.startup_seconds:g} s to "
        f"start; objective {scenario.objective_milliseconds} ms; {scenario.min_replicas} to "
        f"{scenario.max_replicas} replicas."
    )
    title = escape(scenario.summary)
    return f"<h2>{title}</h2><p>{setting}</p><p>{_finding(rows)}</p>{_table(rows)}{plots}"


def _finding(rows: Sequence[Row]) -> str:
    """The figures of ByteBridge and of the best peer in a sentence."""
    own = next((row for row in rows if row.policy == BYTEBRIDGE), None)
    peers = [row for row in rows if row.policy in PEERS]
    if own is None or not peers:
        return ""
    best = min(peers, key=lambda row: row.over_share)
    return (
        f"<b>ByteBridge puts {percent(own.over_share)} of the requests over the objective at "
        f"{own.replica_hours:.2f} replica-hours; the best peer, {best.policy}, "
        f"{percent(best.over_share)} at {best.replica_hours:.2f}.</b>"
    )


def _table(rows: Sequence[Row]) -> str:
    body = "".join(f'<tr class="{row.policy}">{_line(cells(row), "td")}</tr>' for row in rows)
    return f"<table><tr>{_line(HEADINGS, 'th')}</tr>{body}</table>"


def _line(texts: Iterable[str], tag: str) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
