"""The report as one HTML file that needs nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from bytebridge.simulation.outcome import Course
from bytebridge.simulation.plots import courses_figure, pareto_figure
from bytebridge.simulation.scenarios import Scenario
from bytebridge.simulation.summary import Row
from bytebridge.simulation.table import HEADINGS, cells

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-size: 13px } th, td { padding: 3px 9px; text-align: right }
th:first-child, td:first-child { text-align: left } tr { border-bottom: 1px solid #ddd }
tr.bytebridge { background: #e8f1fb }
"""
EXPLANATION = """
<p>Each policy meets the very same requests. <b>Over SLO</b> is the share of requests that took
longer than the objective's latency, failed ones (the client gave up) included; <b>worst 10 min</b>
the same in the worst ten minutes. <b>Cost</b> is replica-hours, from a pod's creation to its
deletion, relative to the <b>oracle</b>, which knows the load to come. <b>Reversals</b> are changes
of the replicas against the direction of the one before. Figures are means over the seeds, the
worst ones of all seeds where they say so.</p>
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
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ByteBridge: simulation'
        f"</title><style>{STYLE}</style></head><body><h1>What each autoscaler would have done</h1>"
        f"{EXPLANATION}<h2>Cost against violations</h2><p>Down and left is better.</p>{pareto}"
        f"{''.join(sections)}</body></html>"
    )


def _section(
    scenario: Scenario, rows: Sequence[Row], courses: Mapping[str, Sequence[Course]]
) -> str:
    shown = courses.get(scenario.name, ())
    plots = ""
    if shown:
        figure = courses_figure(shown, scenario.objective_milliseconds / 1000)
        plots = figure.to_html(full_html=False, include_plotlyjs=False)
    return f"<h2>{escape(scenario.summary)}</h2>{_table(rows)}{plots}"


def _table(rows: Sequence[Row]) -> str:
    body = "".join(f'<tr class="{row.policy}">{_line(cells(row), "td")}</tr>' for row in rows)
    return f"<table><tr>{_line(HEADINGS, 'th')}</tr>{body}</table>"


def _line(texts: Iterable[str], tag: str) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
