"""Traces are read in their formats and scaled without clumps."""

from pathlib import Path
from random import Random

import pytest

from bytebridge.simulation.replay import scenario_at_size
from bytebridge.simulation.trace import TraceError, read_trace, scaled, smoothed_rates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("timestamp_ms,n\n500,1\n1500,2\n", [0.0, 1.0], id="milliseconds"),
        pytest.param("t\n3.5\n2\n", [0.0, 1.5], id="seconds, unsorted"),
        pytest.param(
            "TIMESTAMP,n\n2023-11-16 18:17:03.9799600,1\n2023-11-16 18:17:04.4799600,2\n",
            [0.0, 0.5],
            id="dates with seven digits",
        ),
        pytest.param("t\n2024-01-01T00:00:00+00:00\n\n", [0.0], id="a zone and a blank line"),
    ],
)
def test_formats(tmp_path: Path, text: str, expected: list[float]) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(text)
    assert read_trace(path) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("t\n", "at least one arrival", id="no arrival"),
        pytest.param("", "at least one arrival", id="nothing"),
        pytest.param("t\n1\nsoon\n", r"line 3.*'soon'", id="no time"),
    ],
)
def test_unreadable_traces_are_told_by_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(text)
    with pytest.raises(TraceError, match=message):
        read_trace(path)


@pytest.mark.parametrize("scale", [0.25, 1.0, 2.5, 10.0])
def test_scaling_multiplies_the_requests_and_keeps_their_span(scale: float) -> None:
    recorded = [i / 10 for i in range(10_000)]
    times = scaled(recorded, scale, Random(1))
    assert len(times) == pytest.approx(scale * len(recorded), rel=0.05)
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= 1000
    rates = smoothed_rates(recorded)
    assert rates[500] == pytest.approx(10.0)
    assert len(rates) == 1000


def test_a_trace_is_scaled_by_its_busiest_seconds(tmp_path: Path) -> None:
    path = tmp_path / "burst.csv"
    calm = [float(second) for second in range(600)]
    burst = [300 + n / 10 for n in range(150)]
    path.write_text("seconds\n" + "\n".join(map(str, calm + burst)))
    scenario = scenario_at_size(path)
    # 75 replicas x 2 slots x 70 % of 60 ms: 1,750 requests/s, where 11 a second were recorded.
    assert len(scenario.recorded or ()) == pytest.approx(750 * 1750 / 11, rel=0.01)
    assert max(scenario.rates) == pytest.approx(1750, rel=0.1)
