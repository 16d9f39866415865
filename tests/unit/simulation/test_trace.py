"""Traces are read in their formats and scaled without clumps."""

from pathlib import Path
from random import Random

import pytest

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
