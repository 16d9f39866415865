"""A past for a real Prometheus: blocks that promtool makes, put where it keeps its own."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bytebridge.lab.binaries import PROMTOOL, find_or_make

SAMPLE_SECONDS = 60


@dataclass(frozen=True)
class CounterSeries:
    """A counter that grew at a rate."""

    labels: str
    rate: Callable[[float], float]
    """Requests a second at a time, Unix seconds."""
    begin: float
    end: float
    metric: str = "http_requests"
    """Without `_total`, as OpenMetrics has it."""

    def lines(self) -> Iterator[str]:
        """In OpenMetrics' text format."""
        total, time = 0.0, self.begin
        while time <= self.end:
            yield f"{self.metric}_total{{{self.labels}}} {total:.3f} {time:.3f}"
            total += self.rate(time) * SAMPLE_SECONDS
            time += SAMPLE_SECONDS


def write_past(data: Path, counters: Sequence[CounterSeries]) -> None:
    """Add blocks to the data of a Prometheus that does not run."""
    names = sorted({counter.metric for counter in counters})
    with tempfile.NamedTemporaryFile("w", suffix=".om") as file:
        for name in names:
            file.write(f"# TYPE {name} counter\n")
            for counter in counters:
                if counter.metric == name:
                    file.writelines(f"{line}\n" for line in counter.lines())
        file.write("# EOF\n")
        file.flush()
        data.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(
            [
                *(str(find_or_make(PROMTOOL).path), "tsdb", "create-blocks-from"),
                *("--max-block-duration=24h", "openmetrics", file.name, str(data)),
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert made.returncode == 0, made.stderr
