"""Parameters of a service by trial: candidates, the Pareto front, and how sure it all is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, sqrt
from statistics import fmean, stdev
from time import monotonic

from bytebridge.api.scaling import Scaling
from bytebridge.api.service import ScalableService
from bytebridge.scaling.policy import DEFAULT_STARTUP_SECONDS
from bytebridge.simulation.campaign import perform_until
from bytebridge.simulation.job import Job
from bytebridge.simulation.outcome import Outcome
from bytebridge.simulation.policies.registry import BYTEBRIDGE
from bytebridge.simulation.scenarios import Scenario

HOLDS = (15, 30, 60, 120, 300)
UTILIZATIONS = (50, 60, 70, 80, 90)
CALM_SHARE = 0.05
"""For this share of the time the load may need less than a candidate's `minReplicas`."""
STANDING_UTILIZATION = 0.9
"""Of replicas that stand for a surge."""
GROWTH = 1.25
"""`maxReplicas` of a candidate over the most that the load needs."""
FIRST_SHARE = 0.6
"""Of the time, for all candidates once; the rest is for more seeds of the best."""
FINALISTS = 10
T_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
)  # fmt: skip
"""Two-sided 95 % quantiles of Student's t by degrees of freedom, from 1."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is tuned, by the names of `spec.scaling`."""

    min_replicas: int
    max_replicas: int
    target_utilization_percent: int
    hold_seconds: int


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % confidence interval over the seeds (Student 1908)."""

    mean: float
    half_width: float
    """Infinite with one seed."""

    @property
    def within_noise(self) -> bool:
        """Zero lies within it."""
        return abs(self.mean) <= self.half_width


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate and its runs, one a seed, in the order of the seeds."""

    parameters: Parameters
    outcomes: tuple[Outcome, ...]

    @property
    def over(self) -> float:
        """Mean share of requests over the objective."""
        return fmean(o.over_share for o in self.outcomes)

    @property
    def failed(self) -> float:
        """Mean share of requests that failed."""
        return fmean(o.failed_share for o in self.outcomes)

    @property
    def cost(self) -> float:
        """Mean replica-hours."""
        return fmean(o.replica_hours for o in self.outcomes)


@dataclass(frozen=True, slots=True)
class Tuning:
    """What came of the trials."""

    present: Trial
    recommended: Trial
    """The present one where the best differs from it by no more than noise."""
    front: tuple[Trial, ...]
    """Candidates that none beats in both cost and share over the objective, the cheapest first."""
    tried: int
    candidates: int
    allowed_over: float
    """What the objective's percentile leaves."""


def present_parameters(service: ScalableService) -> Parameters:
    """What the service says now."""
    scaling = service.spec.scaling
    return Parameters(
        scaling.min_replicas,
        scaling.max_replicas,
        scaling.target_utilization_percent,
        _hold_seconds(scaling),
    )


def _hold_seconds(scaling: Scaling) -> int:
    """What is held, where nothing is set as well."""
    if scaling.scale_down.hold_seconds is not None:
        return scaling.scale_down.hold_seconds
    startup = round(scaling.startup_seconds or DEFAULT_STARTUP_SECONDS)
    return max(scaling.scale_down.least_hold_seconds, startup)


def candidates(scenario: Scenario, present: Parameters, allowed_over: float) -> list[Parameters]:
    """The present parameters first, then the others, those nearest to them first."""
    model = scenario.model
    busy = sorted(rate * model.service_seconds / model.slots for rate in scenario.rates)
    calm = max(1, ceil(busy[int(CALM_SHARE * len(busy))]))
    most = max(2, ceil(GROWTH * busy[-1]))
    standing = standing_replicas(busy, allowed_over)
    leasts = sorted({present.min_replicas, calm, 2 * calm, standing})
    # A maximum is a rail: a lower one is never tried, a higher one where the load needs it.
    mosts = sorted({present.max_replicas, max(present.max_replicas, most)})
    found = [
        Parameters(least, highest, utilization, hold)
        for least, highest, utilization, hold in product(
            leasts, mosts, sorted({present.target_utilization_percent, *UTILIZATIONS}),
            sorted({present.hold_seconds, *HOLDS}),
        )
        if least <= highest
    ]  # fmt: skip
    return sorted(found, key=lambda one: (_differences(one, present), one != present))


def standing_replicas(busy: Sequence[float], allowed_over: float) -> int:
    """Replicas that stand for all loads but those at which the allowed share of requests comes.

    Where surges come sooner than pods can, nothing that is asked for then holds the objective.

    Args:
        busy: Replicas that the load keeps busy in each second, ascending.
        allowed_over: Share of the requests that may be over the objective.
    """
    left = allowed_over * sum(busy)
    for load in reversed(busy):
        left -= load
        if left < 0:
            return max(1, ceil(load / STANDING_UTILIZATION))
    return 1


def _differences(one: Parameters, other: Parameters) -> int:
    return (
        (one.min_replicas != other.min_replicas)
        + (one.max_replicas != other.max_replicas)
        + (one.target_utilization_percent != other.target_utilization_percent)
        + (one.hold_seconds != other.hold_seconds)
    )


def with_parameters(scenario: Scenario, parameters: Parameters) -> Scenario:
    """The same load for a service with other parameters."""
    spec = scenario.spec().model_dump(by_alias=True, exclude_none=True)
    scaling = spec["spec"]["scaling"]
    scaling["minReplicas"] = parameters.min_replicas
    scaling["maxReplicas"] = parameters.max_replicas
    scaling["targetUtilizationPercent"] = parameters.target_utilization_percent
    scaling["scaleDown"]["holdSeconds"] = parameters.hold_seconds
    return replace(
        scenario,
        service=ScalableService.model_validate(spec),
        min_replicas=parameters.min_replicas,
        max_replicas=parameters.max_replicas,
    )


@dataclass(slots=True)
class _Share:
    """Tells how far a part of the work is."""

    tell: Callable[[float], None]
    total: int
    begin: float
    end: float
    finished: int = 0

    def one_more(self) -> None:
        self.finished += 1
        self.tell(self.begin + (self.end - self.begin) * self.finished / self.total)


def tune(
    scenarios: Sequence[Scenario],
    present: Parameters,
    allowed_over: float,
    seconds: float,
    done: Callable[[float], None],
) -> Tuning:
    """Try candidates on the first scenario, and the best of them on all.

    Args:
        scenarios: One a seed: the same service under draws of the same load.
        present: What the service says now.
        allowed_over: Share of requests that the objective's percentile leaves over it.
        seconds: Of trials, about.
        done: Told the share of the work that is done, 0 to 1.
    """
    began = monotonic()
    choices = candidates(scenarios[0], present, allowed_over)
    jobs = [_job(scenarios[0], 0, one) for one in choices]
    told = _Share(done, len(jobs), 0.0, FIRST_SHARE)
    first = perform_until(jobs, lambda: monotonic() - began > FIRST_SHARE * seconds, told.one_more)
    tried = [Trial(one, (o,)) for one, o in zip(choices, first, strict=True) if o is not None]
    finalists = choose_finalists(tried, present, allowed_over)
    rest = [
        _job(scenario, seed, trial.parameters)
        for seed, scenario in enumerate(scenarios[1:], start=1)
        for trial in finalists
    ]
    told = _Share(done, len(rest), FIRST_SHARE, 1.0)
    outcomes = perform_until(rest, lambda: monotonic() - began > seconds, told.one_more)
    trials = _completed(finalists, outcomes)
    return _tuning(trials, present, allowed_over, (len(tried), len(choices)))


def _job(scenario: Scenario, seed: int, parameters: Parameters) -> Job:
    return Job(with_parameters(scenario, parameters), seed, (BYTEBRIDGE,))


def _completed(finalists: Sequence[Trial], outcomes: Sequence[Outcome | None]) -> list[Trial]:
    """Finalists with the seeds that all of them have: only those can be compared."""
    width = len(finalists)
    seeds = [outcomes[i : i + width] for i in range(0, len(outcomes), width)]
    whole = [seed for seed in seeds if all(outcome is not None for outcome in seed)]
    return [
        Trial(trial.parameters, (*trial.outcomes, *(o for seed in whole if (o := seed[i]))))
        for i, trial in enumerate(finalists)
    ]


def choose_finalists(
    tried: Sequence[Trial], present: Parameters, allowed_over: float
) -> list[Trial]:
    """The present parameters, and of the front those nearest to what would be recommended."""
    now = next(trial for trial in tried if trial.parameters == present)
    edge = front(tried)
    best = recommend(edge, now, allowed_over)
    others = [trial for trial in edge if trial is not now]
    others.sort(key=lambda trial: abs(trial.cost - best.cost))
    return [now, *others[: FINALISTS - 1]]


def front(trials: Sequence[Trial]) -> list[Trial]:
    """Those that no other beats in both cost and share over the objective (Pareto 1906)."""
    kept: list[Trial] = []
    for trial in sorted(trials, key=lambda t: (t.cost, t.over)):
        if not kept or trial.over < kept[-1].over:
            kept.append(trial)
    return kept


def recommend(edge: Sequence[Trial], present: Trial, allowed_over: float) -> Trial:
    """The cheapest that holds the objective with every seed and lets no more requests fail.

    Where none does, the one with the fewest requests over the objective.
    """
    holding = [
        trial
        for trial in edge
        if max(o.over_share for o in trial.outcomes) <= allowed_over
        and trial.failed <= present.failed
    ]
    if holding:
        return min(holding, key=lambda trial: trial.cost)
    return min(edge, key=lambda trial: trial.over)


def difference(one: Trial, other: Trial, figure: Callable[[Outcome], float]) -> Interval:
    """Mean of the differences seed by seed: both met the same requests."""
    pairs = zip(one.outcomes, other.outcomes, strict=True)
    return interval([figure(a) - figure(b) for a, b in pairs])


def interval(values: Sequence[float]) -> Interval:
    """The 95 % confidence interval of the mean of few values."""
    count = len(values)
    if count < 2:
        return Interval(fmean(values), float("inf"))
    quantile = T_95[min(count - 1, len(T_95)) - 1]
    return Interval(fmean(values), quantile * stdev(values) / sqrt(count))


def _tuning(
    trials: Sequence[Trial], present: Parameters, allowed_over: float, counts: tuple[int, int]
) -> Tuning:
    now = next(trial for trial in trials if trial.parameters == present)
    edge = front(trials)
    best = recommend(edge, now, allowed_over)
    over = difference(best, now, lambda o: o.over_share)
    cost = difference(best, now, lambda o: o.replica_hours)
    alike = over.within_noise and cost.within_noise
    return Tuning(now, now if alike else best, tuple(edge), *counts, allowed_over)
