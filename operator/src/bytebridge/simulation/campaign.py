"""Many runs: every policy on every scenario and seed, spread over the processors."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from os import cpu_count

from bytebridge.simulation.engine import Simulation
from bytebridge.simulation.kept import KeptRun, KeptRuns
from bytebridge.simulation.outcome import Course, Outcome, course, figures
from bytebridge.simulation.policies.registry import make
from bytebridge.simulation.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Job:
    """One workload, to be met by one policy after the other."""

    scenario: Scenario
    seed: int
    policies: tuple[str, ...]
    with_courses: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What the policies made of one workload."""

    outcomes: tuple[Outcome, ...]
    courses: tuple[Course, ...]


def perform(job: Job) -> Result:
    """Simulate one job; its policies must be known."""
    scenario = job.scenario
    workload = scenario.workload(job.seed)
    setting = scenario.setting(workload)
    outcomes: list[Outcome] = []
    courses: list[Course] = []
    for policy in job.policies:
        simulation = Simulation(
            scenario.model, workload, make(policy, setting), scenario.conditions(job.seed)
        )
        run = simulation.run()
        outcomes.append(
            figures(
                scenario.name,
                policy,
                job.seed,
                workload,
                run,
                scenario.objective_milliseconds / 1000,
                [(outage.start, outage.end) for outage in scenario.outages],
            )
        )
        if job.with_courses:
            courses.append(course(scenario.name, policy, workload, run))
    return Result(tuple(outcomes), tuple(courses))


def perform_all(
    jobs: Sequence[Job], done: Callable[[Job], None], kept: KeptRuns | None = None
) -> list[Result]:
    """Simulate all jobs in as many processes as there are processors.

    Args:
        jobs: What to simulate.
        done: Told of each job that is finished, in the order of finishing.
        kept: Runs of before, which are not simulated again; new ones are added.

    Returns:
        The results, in the order of the jobs.
    """
    found = [_find(job, kept) for job in jobs]
    missing = [_without(job, known) for job, known in zip(jobs, found, strict=True)]
    workers = max(1, min(sum(bool(job.policies) for job in missing), cpu_count() or 1))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        pending = {
            pool.submit(perform, job): place for place, job in enumerate(missing) if job.policies
        }
        for place, job in enumerate(missing):
            if not job.policies:
                done(jobs[place])
        for future in as_completed(pending):
            place = pending[future]
            for run in _runs(future.result()):
                found[place][run.outcome.policy] = run
                if kept is not None:
                    kept.keep(jobs[place].scenario, run)
            done(jobs[place])
    return [_result(job, runs) for job, runs in zip(jobs, found, strict=True)]


def _find(job: Job, kept: KeptRuns | None) -> dict[str, KeptRun]:
    if kept is None:
        return {}
    known = {
        policy: kept.find(job.scenario, policy, job.seed, with_course=job.with_courses)
        for policy in job.policies
    }
    return {policy: run for policy, run in known.items() if run is not None}


def _without(job: Job, known: Container[str]) -> Job:
    return replace(job, policies=tuple(name for name in job.policies if name not in known))


def _runs(result: Result) -> Iterator[KeptRun]:
    courses = {course.policy: course for course in result.courses}
    for outcome in result.outcomes:
        yield KeptRun(outcome, courses.get(outcome.policy))


def _result(job: Job, runs: Mapping[str, KeptRun]) -> Result:
    ordered = [runs[policy] for policy in job.policies]
    return Result(
        tuple(run.outcome for run in ordered),
        tuple(run.course for run in ordered if run.course is not None),
    )
