"""One workload met by one policy after the other."""

from dataclasses import dataclass

from bytebridge.simulation.engine import Simulation
from bytebridge.simulation.outcome import Course, Outcome, course, figures
from bytebridge.simulation.policies.registry import make
from bytebridge.simulation.scenarios import Scenario
from bytebridge.simulation.service_model import Workload


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


_drawn: list[tuple[Scenario, int, Workload]] = []
"""The workload drawn last: the policies of a process follow each other on the same one."""


def _workload(scenario: Scenario, seed: int) -> Workload:
    if not _drawn or _drawn[0][:2] != (scenario, seed):
        _drawn[:] = [(scenario, seed, scenario.workload(seed))]
    return _drawn[0][2]


def perform(job: Job) -> Result:
    """Simulate one job; its policies must be known."""
    scenario = job.scenario
    workload = _workload(scenario, job.seed)
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
