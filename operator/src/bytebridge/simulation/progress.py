"""Runs with a progress bar on the terminal."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bytebridge.simulation.campaign import perform_all
from bytebridge.simulation.job import Job, Result
from bytebridge.simulation.kept import KeptRuns
from bytebridge.simulation.scenarios import Scenario


def perform_with_progress(jobs: Sequence[Job], kept: KeptRuns | None = None) -> list[Result]:
    """Simulate all jobs; the bar goes to standard error and is gone at the end.

    Args:
        jobs: What to simulate.
        kept: Runs of before, which are not simulated again.

    Returns:
        The results, in the order of the jobs.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as progress:
        task = progress.add_task("simulating", total=sum(len(job.policies) for job in jobs))

        def done(job: Job, policy: str) -> None:
            progress.update(task, advance=1, description=f"{job.scenario.name}: {policy}")

        return perform_all(jobs, done, kept)


def scenarios_with_progress(draw: Callable[[int], Scenario], seeds: int) -> list[Scenario]:
    """Draw one scenario a seed: a large trace takes seconds; the bar is as that of the runs."""
    columns = (TextColumn("drawing requests"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        return [draw(seed) for seed in progress.track(range(seeds))]
