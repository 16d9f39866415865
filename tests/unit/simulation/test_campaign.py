"""A small campaign from end to end."""

from dataclasses import replace
from pathlib import Path

import pytest

from bytebridge.simulation.bars import standings
from bytebridge.simulation.document import markdown
from bytebridge.simulation.engine import Run, Simulation
from bytebridge.simulation.job import Job, perform
from bytebridge.simulation.plots import courses_figure
from bytebridge.simulation.policies.autoscaler import Autoscaler
from bytebridge.simulation.policies.bytebridge import ByteBridge
from bytebridge.simulation.policies.law import Law
from bytebridge.simulation.policies.registry import POLICIES, require_known
from bytebridge.simulation.prometheus import Fault, Outage
from bytebridge.simulation.report import html_report
from bytebridge.simulation.scenarios import SCENARIOS, Scenario
from bytebridge.simulation.service_model import ServiceModel
from bytebridge.simulation.sketch import draw_courses, draw_pareto
from bytebridge.simulation.summary import rows

SMALL = Scenario("small", "a small step", (20.0,) * 120 + (120.0,) * 180, max_replicas=20)


def test_every_policy_meets_the_same_requests_and_the_oracle_holds_the_objective() -> None:
    outcomes = perform(Job(SMALL, 0, tuple(POLICIES))).outcomes
    assert [outcome.policy for outcome in outcomes] == list(POLICIES)
    assert len({outcome.requests for outcome in outcomes}) == 1
    oracle = outcomes[-1]
    assert oracle.over_share < 0.05
    assert all(outcome.highest <= 20 for outcome in outcomes)


def test_a_run_is_the_same_each_time() -> None:
    job = Job(SMALL, 3, ("bytebridge", "kpa"), with_courses=True)
    assert perform(job) == perform(job)


def test_idle_replicas_burden_a_database_only_where_they_count() -> None:
    """Six stand for the highest load, which lasts 2 s; 20 a second keep one of them busy."""

    def over(*, idle: bool) -> float:
        model = ServiceModel(database_replicas=2, idle_replicas_count=idle)
        scenario = replace(SMALL, rates=(20.0,) * 290 + (120.0,) * 2, model=model)
        return perform(Job(scenario, 0, ("static",))).outcomes[0].over_share

    assert over(idle=False) < 0.1
    assert over(idle=True) > 0.2


def test_the_hpa_beside_the_operator_does_not_hold_what_cleared_a_backlog() -> None:
    """All pods were wholly busy until it was gone: to the HPA's window they are for a minute."""
    step = SCENARIOS["step-30"]
    workload = step.workload(0)
    setting = step.setting(workload)

    def run(autoscaler: Autoscaler) -> Run:
        return Simulation(step.model, workload, autoscaler, step.conditions(0)).run()

    decided, done = run(Law(setting)), run(ByteBridge(setting))
    late_decided, late_done = (
        sum(latency > 0.2 for latency in run.latencies) for run in (decided, done)
    )
    assert late_done <= late_decided
    assert done.replica_seconds < 1.02 * decided.replica_seconds


def test_the_hpa_does_not_run_to_the_maximum_behind_a_database() -> None:
    """Pods that wait for it are busy, which is all that the HPA sees."""
    full = ServiceModel(database_replicas=5, startup_seconds=10.0)
    step = Scenario("full", "a step", (20.0,) * 120 + (250.0,) * 480, full, max_replicas=40)
    outcome = perform(Job(step, 0, ("bytebridge",))).outcomes[0]
    assert outcome.replica_hours < 9 * 600 / 3_600


def test_the_hpa_adds_by_cpu_while_nothing_is_known() -> None:
    blind = replace(SMALL, rates=(20.0,) * 60 + (120.0,) * 540, outages=(
        Outage(0.0, 600.0, Fault.UNANSWERED),
    ))  # fmt: skip
    outcome = perform(Job(blind, 0, ("bytebridge",))).outcomes[0]
    assert outcome.highest >= 4
    assert outcome.worst_over_share < 0.9


@pytest.mark.parametrize("fault", list(Fault))
def test_no_replica_is_lost_amid_an_outage(fault: Fault) -> None:
    high = replace(SMALL, rates=(120.0,) * 420, outages=(Outage(120.0, 420.0, fault),))
    outcome = perform(Job(high, 0, ("bytebridge",))).outcomes[0]
    assert outcome.lost_amid_outage == 0
    assert outcome.failed_share == 0


def test_report_and_document_show_every_policy_and_need_nothing_else() -> None:
    results = [perform(Job(SMALL, 0, ("bytebridge", "kpa", "oracle"), with_courses=True))]
    summary = rows(results[0].outcomes)
    html = html_report([SMALL], summary, {"small": results[0].courses})
    assert "<script src=" not in html
    assert 'class="bytebridge"' in html
    assert html.count('class="plotly-graph-div"') == 2
    text = markdown([SMALL], summary, standings([SMALL], summary), 1)
    assert "### A small step (`small`)" in text
    assert "| kpa " in text


@pytest.mark.parametrize(
    ("policies", "hidden"),
    [
        pytest.param(("bytebridge", "hpa-cpu"), set(), id="few: all are shown"),
        pytest.param(
            ("bytebridge", "kpa", "hpa-rps", "oracle", "static"), {"static"}, id="many: some wait"
        ),
    ],
)
def test_which_policies_a_plot_shows_at_first(policies: tuple[str, ...], hidden: set[str]) -> None:
    figure = courses_figure(perform(Job(SMALL, 0, policies, with_courses=True)).courses, 0.2)
    assert {trace.name for trace in figure.data if trace.visible == "legendonly"} == hidden
    titles = [note.text for note in figure.layout.annotations]
    assert [title.split(":")[0] for title in titles[:3]] == ["Load", "Replicas", "Replicas"]


def test_plots_of_a_document_are_small_and_the_same_each_time(tmp_path: Path) -> None:
    result = perform(Job(SMALL, 0, ("bytebridge", "kpa", "oracle"), with_courses=True))
    for name in ("first", "second"):
        draw_pareto(rows(result.outcomes), ["small"], tmp_path / name / "pareto.svg")
        draw_courses(result.courses, 0.2, tmp_path / name / "course.svg")
    for plot in ("pareto.svg", "course.svg"):
        drawn = (tmp_path / "first" / plot).read_bytes()
        assert drawn == (tmp_path / "second" / plot).read_bytes()
        assert b">bytebridge</text>" in drawn
        assert len(drawn) < 100_000


def test_a_document_shows_its_plots_and_what_money_buys() -> None:
    scenarios = [replace(SMALL, name=name) for name in ("step-30", "step-headroom-300")]
    outcomes = [perform(Job(one, 0, ("bytebridge", "kpa"))).outcomes for one in scenarios]
    summary = rows(outcome for some in outcomes for outcome in some)
    text = markdown(scenarios, summary, standings(scenarios, summary), 1, [("A plot", "x.svg")])
    assert "![A plot](x.svg)" in text
    bought = text[text.index("## What money buys") : text.index("## All figures")]
    assert "step-30" in bought
    assert "step-headroom-300" in bought


def test_an_unknown_policy_is_named_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="'hpa' is not known; choose from bytebridge, kpa"):
        require_known(["bytebridge", "hpa"])


def test_scenarios_draw_the_load_they_say() -> None:
    workload = SCENARIOS["steady"].workload(1)
    assert len(workload.arrivals) == pytest.approx(300 * 1800, rel=0.01)


def test_bursty_arrivals_have_the_index_of_dispersion() -> None:
    workload = SCENARIOS["bursty"].workload(2)
    counts = [0] * 90
    for time in workload.arrivals:
        counts[int(time // 20)] += 1
    mean = sum(counts) / len(counts)
    variance = sum((count - mean) ** 2 for count in counts) / (len(counts) - 1)
    assert variance / mean == pytest.approx(8.0, rel=0.5)
    assert mean == pytest.approx(6000, rel=0.03)


@pytest.mark.parametrize("percent", [100, 300])
def test_headroom_is_told_to_bytebridge_alone(percent: int) -> None:
    scenario = SCENARIOS[f"step-headroom-{percent}"]
    assert scenario.spec().spec.scaling.headroom_percent == percent
    assert scenario.conditions(0) == SCENARIOS["step-30"].conditions(0)
