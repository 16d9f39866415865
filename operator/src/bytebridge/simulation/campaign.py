"""Many runs: every policy on every scenario and seed, spread over the processors."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from os import cpu_count

from bytebridge.simulation.engine import Simulation
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


def perform_all(jobs: Sequence[Job], done: Callable[[Job], None]) -> list[Result]:
    """Simulate all jobs in as many processes as there are processors.

    Args:
        jobs: What to simulate.
        done: Told of each job that is finished, in the order of finishing.

    Returns:
        The results, in the order of the jobs.
    """
    workers = max(1, min(len(jobs), cpu_count() or 1))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        pending = {pool.submit(perform, job): job for job in jobs}
        for future in as_completed(pending):
            future.result()
            done(pending[future])
        return [future.result() for future in pending]
