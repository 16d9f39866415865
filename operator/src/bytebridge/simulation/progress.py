"""Runs with a progress bar on the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bytebridge.simulation.campaign import Job, Result, perform_all


def perform_with_progress(jobs: Sequence[Job]) -> list[Result]:
    """Simulate all jobs; the bar goes to standard error and is gone at the end.

    Returns:
        The results, in the order of the jobs.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as progress:
        task = progress.add_task("simulating", total=len(jobs))

        def done(job: Job) -> None:
            progress.update(task, advance=1, description=job.scenario.name)

        return perform_all(jobs, done)
