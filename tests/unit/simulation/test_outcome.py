"""Figures of runs, and rows of figures."""

from dataclasses import replace
from itertools import pairwise
from math import inf

import pytest

from bytebridge.simulation.engine import Run, Snapshot
from bytebridge.simulation.outcome import course, figures, reversals, worst_share
from bytebridge.simulation.service_model import Workload
from bytebridge.simulation.summary import rows

WORKLOAD = Workload([float(i) for i in range(100)], [0.1] * 100, (1.0,) * 100)
RUN = Run(
    latencies=[0.1] * 90 + [0.3] * 8 + [inf] * 2,
    changes=[(10.0, 2, 4), (20.0, 4, 3)],
    snapshots=[Snapshot(0.0, 2, 2, 0, 0), Snapshot(30.0, 3, 3, 0, 1), Snapshot(60.0, 2, 2, 0, 5)],
    replica_seconds=7200.0,
)


def test_figures_of_a_run() -> None:
    outcome = figures("s", "bytebridge", 0, WORKLOAD, RUN, 0.2, [(20.0, 40.0)])
    assert outcome.over_share == pytest.approx(0.10), "failed ones are over too"
    assert outcome.failed_share == pytest.approx(0.02)
    assert (outcome.p50, outcome.p95, outcome.p99) == (0.1, 0.3, inf)
    assert outcome.replica_hours == 2.0
    assert (outcome.actions, outcome.reversals) == (2, 1)
    assert (outcome.lost_amid_outage, outcome.highest) == (1, 3)


@pytest.mark.parametrize(
    ("spans", "lost"),
    [
        pytest.param([(5.0, 40.0)], 1, id="what was added does not make up for it"),
        pytest.param([(20.0, 21.0)], 1, id="at its begin"),
        pytest.param([(15.0, 20.0)], 0, id="at its end"),
        pytest.param([], 0, id="no outage"),
    ],
)
def test_replicas_lost_amid_outages(spans: list[tuple[float, float]], lost: int) -> None:
    assert figures("s", "bytebridge", 0, WORKLOAD, RUN, 0.2, spans).lost_amid_outage == lost


def test_course_shows_load_and_p95_by_time_of_arrival() -> None:
    shown = course("s", "bytebridge", WORKLOAD, RUN)
    assert shown.load == (1.0,) * 10
    assert shown.p95[:9] == (0.1,) * 9
    assert shown.p95[9] is None, "failed"


@pytest.mark.parametrize(
    ("over", "requests", "expected"),
    [
        pytest.param([0] * 10 + [5] * 10, [10] * 20, 0.5, id="the second ten minutes"),
        pytest.param([1, 0], [2, 2], 0.25, id="a run shorter than ten minutes"),
        pytest.param([0] * 12, [0] * 12, 0.0, id="no requests"),
    ],
)
def test_worst_ten_minutes(over: list[int], requests: list[int], expected: float) -> None:
    assert worst_share(over, requests) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("replicas", "expected"),
    [
        pytest.param([2, 4, 6], 0, id="up and up"),
        pytest.param([2, 4, 3], 1, id="up and down"),
        pytest.param([2, 4, 3, 5, 4], 3, id="to and fro"),
        pytest.param([2], 0, id="never"),
    ],
)
def test_reversals(replicas: list[int], expected: int) -> None:
    changes = [(float(i), a, b) for i, (a, b) in enumerate(pairwise(replicas))]
    assert reversals(changes) == expected


def test_rows_are_means_and_worst_seeds_relative_to_the_oracle() -> None:
    own = figures("s", "bytebridge", 0, WORKLOAD, RUN, 0.2, [])
    other = replace(own, seed=1, over_share=0.2, failed_share=0.0, replica_hours=4.0, reversals=3)
    oracle = replace(own, policy="oracle", replica_hours=1.5)
    row, _ = rows([own, other, oracle])
    assert row.seeds == 2
    assert row.over_share == pytest.approx(0.15)
    assert row.failed_share == pytest.approx(0.01)
    assert (row.over_share_worst_seed, row.failed_share_worst_seed) == (0.2, 0.02)
    assert (row.reversals, row.reversals_worst_seed) == (2, 3)
    assert row.cost == pytest.approx(3.0 / 1.5)
