"""What a person sees while the demo runs: a live table, or a line now and then."""

from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bytebridge.demo.record import Sample
from bytebridge.demo.replay import Replay

LINE_SECONDS = 5.0
HISTORY = 12
_BARS = " ▁▂▃▄▅▆▇█"


class LiveView:
    """Redraws once a second."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def __call__(self, replay: Replay) -> None:
        """Show the present second."""
        self._live.update(render(replay))


class LineView:
    """Prints a line every few seconds: for logs and pipes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._next = 0.0
        self._told = 0

    def __call__(self, replay: Replay) -> None:
        """Show the present second, if it is time."""
        for explanation in replay.recorder.explanations[self._told :]:
            self._say(f"  {explanation.reason}: {explanation.message}")
        self._told = len(replay.recorder.explanations)
        if replay.time < self._next:
            return
        self._next = replay.time + LINE_SECONDS
        self._say(line(replay.recorder.samples[-1], replay.load.phase(replay.time).name))


def line(sample: Sample, phase: str) -> str:
    """One second in one line."""
    return (
        f"{sample.time:5.0f} s  {phase:<12} {sample.requests_per_second:6.0f} requests/s  "
        f"{sample.queue_depth:6d} waiting  p95 {_p95(sample)}  "
        f"replicas {sample.replicas_ready}/{sample.replicas_desired}"
    )


def render(replay: Replay) -> Group:
    """The whole view."""
    samples, recorder = replay.recorder.samples, replay.recorder
    now = samples[-1]
    table = Table.grid(padding=(0, 2))
    rows = (
        (
            "load",
            f"{now.requests_per_second:.0f} requests/s",
            _spark(samples, "requests_per_second"),
        ),
        ("queue", f"{now.queue_depth} waiting", _spark(samples, "queue_depth")),
        ("p95", _p95(now), _spark(samples, "p95_seconds")),
        (
            "replicas",
            f"{now.replicas_ready} Ready of {now.replicas_desired}",
            _spark(samples, "replicas_ready"),
        ),
    )
    for name, value, spark in rows:
        table.add_row(Text(name, style="bold"), value, Text(spark, style="cyan"))
    reasons = Table.grid(padding=(0, 2))
    for explanation in recorder.explanations[-HISTORY:]:
        reasons.add_row(f"{explanation.time:4.0f} s", explanation.reason, explanation.message)
    phase = replay.load.phase(replay.time).name
    title = f"{recorder.aim.policy}: {phase}, {replay.time:.0f} of {replay.load.seconds:.0f} s"
    return Group(Panel(table, title=title), Panel(reasons, title="decisions"))


def live_view(console: Console) -> Live:
    """The frame of a `LiveView`; a context manager."""
    return Live(console=console, auto_refresh=True, refresh_per_second=4)


def _p95(sample: Sample) -> str:
    return "     -" if sample.p95_seconds is None else f"{sample.p95_seconds * 1000:6.0f} ms"


def _spark(samples: list[Sample], name: str, width: int = 60) -> str:
    values = [float(getattr(sample, name) or 0.0) for sample in samples[-width:]]
    highest = max(values, default=0.0) or 1.0
    return "".join(_BARS[round(value / highest * (len(_BARS) - 1))] for value in values)
