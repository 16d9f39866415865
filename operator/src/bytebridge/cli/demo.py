"""`bytebridge demo`: a surge on a live cluster, watched."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bytebridge.demo.replay import Replay

POLICIES = ("bytebridge", "hpa")


def demo(
    policy: Annotated[
        str, typer.Option(help="Who scales: bytebridge, or hpa for a plain HPA on CPU.")
    ] = "bytebridge",
    seed: Annotated[int, typer.Option(help="Of the random requests.")] = 1,
    database: Annotated[
        bool, typer.Option("--database", help="Put a real PostgreSQL behind the service.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Where runs are kept; by default in the user's cache.")
    ] = None,
) -> None:
    """Replay a recorded load that surges to ten times its usual on a local cluster, and scale it.

    Runs of both policies are kept, and put side by side.
    """
    from rich.console import Console

    from bytebridge.demo.policies import Policy
    from bytebridge.demo.record import load_records, save
    from bytebridge.demo.report import figures_table, write_page
    from bytebridge.demo.session import Course, run, usual_load

    if policy not in POLICIES:
        raise typer.BadParameter(f"{policy!r}: expected one of {', '.join(POLICIES)}")
    kept = folder or _cache_folder()
    kept.mkdir(parents=True, exist_ok=True)
    console = Console()
    course = Course(Policy(policy), usual_load(), seed, kept, database)
    with _view(console.is_terminal) as show:
        record = run(course, lambda words: console.print(words, highlight=False), show)
    save(record, kept)
    records = load_records(kept, POLICIES)
    console.print(figures_table(records))
    page = write_page(records, kept / "report.html")
    console.print(f"plots: {page}", highlight=False, soft_wrap=True)
    others = [name for name in POLICIES if name not in {r.policy for r in records}]
    if others:
        console.print(f"beside it: bytebridge demo --policy {others[0]}", highlight=False)
    console.print(f"took {record.wall_clock_seconds:.0f} s", highlight=False)


@contextlib.contextmanager
def _view(terminal: bool) -> Iterator[Callable[["Replay"], None]]:
    from rich.console import Console

    from bytebridge.demo.view import LineView, LiveView, live_view

    if not terminal:
        yield LineView(typer.echo)
        return
    with live_view(Console()) as live:
        yield LiveView(live)


def _cache_folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "bytebridge" / "demo"
