"""Many runs: every policy on every scenario and seed, spread over the processors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from os import cpu_count

from bytebridge.simulation.job import Job, Result, perform
from bytebridge.simulation.kept import KeptRun, KeptRuns
from bytebridge.simulation.outcome import Outcome


def perform_all(
    jobs: Sequence[Job], done: Callable[[Job, str], None], kept: KeptRuns | None = None
) -> list[Result]:
    """Simulate all jobs in as many processes as there are processors.

    Args:
        jobs: What to simulate.
        done: Told of each policy of a job that is finished, in the order of finishing.
        kept: Runs of before, which are not simulated again; new ones are added.

    Returns:
        The results, in the order of the jobs.
    """
    found: list[dict[str, KeptRun]] = [_find(job, kept) for job in jobs]
    missing = [
        (place, replace(job, policies=(policy,)))
        for place, job in enumerate(jobs)
        for policy in job.policies
        if policy not in found[place]
    ]
    for job, known in zip(jobs, found, strict=True):
        for policy in known:
            done(job, policy)
    workers = max(1, min(len(missing), cpu_count() or 1))
    with _processes(workers) as submit:
        pending = {submit(job): (place, job) for place, job in missing}
        for future in as_completed(pending):
            place, job = pending[future]
            run = _run(future.result())
            found[place][run.outcome.policy] = run
            if kept is not None:
                kept.keep(job.scenario, run)
            done(jobs[place], run.outcome.policy)
    return [_result(job, runs) for job, runs in zip(jobs, found, strict=True)]


def perform_until(
    jobs: Sequence[Job], out_of_time: Callable[[], bool], done: Callable[[], None]
) -> list[Outcome | None]:
    """Simulate as many jobs of one policy each as there is time for, in their order.

    Args:
        jobs: What to simulate, the most telling first.
        out_of_time: Asked after each job; once true, what has not begun is left.
        done: Told of each job that is finished.

    Returns:
        The outcomes in the order of the jobs; `None` where there was no time.
    """
    outcomes: list[Outcome | None] = [None] * len(jobs)
    workers = max(1, min(len(jobs), cpu_count() or 1))
    with _processes(workers) as submit:
        pending = {submit(job): place for place, job in enumerate(jobs)}
        for future in as_completed(pending):
            if future.cancelled():
                continue
            outcomes[pending[future]] = future.result().outcomes[0]
            done()
            if out_of_time():
                for other in pending:
                    other.cancel()
    return outcomes


@contextmanager
def _processes(workers: int) -> Iterator[Callable[[Job], Future[Result]]]:
    """What simulates jobs in other processes, and leaves those that have not begun on an error."""
    futures: list[Future[Result]] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:

        def submit(job: Job) -> Future[Result]:
            futures.append(pool.submit(perform, job))
            return futures[-1]

        try:
            yield submit
        except BaseException:
            for future in futures:
                future.cancel()
            raise


def _find(job: Job, kept: KeptRuns | None) -> dict[str, KeptRun]:
    if kept is None:
        return {}
    known = {
        policy: kept.find(job.scenario, policy, job.seed, with_course=job.with_courses)
        for policy in job.policies
    }
    return {policy: run for policy, run in known.items() if run is not None}


def _run(result: Result) -> KeptRun:
    """The one policy of a result."""
    (outcome,) = result.outcomes
    return KeptRun(outcome, next(iter(result.courses), None))


def _result(job: Job, runs: Mapping[str, KeptRun]) -> Result:
    ordered = [runs[policy] for policy in job.policies]
    return Result(
        tuple(run.outcome for run in ordered),
        tuple(run.course for run in ordered if run.course is not None),
    )
