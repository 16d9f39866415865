"""The scenarios of the comparison: named loads, services and faults."""

from dataclasses import dataclass, replace
from math import ceil
from random import Random

from bytebridge.api.service import ScalableService
from bytebridge.simulation import arrivals, profile
from bytebridge.simulation.earlier_days import recorded_days
from bytebridge.simulation.engine import Conditions
from bytebridge.simulation.policies.autoscaler import Setting
from bytebridge.simulation.profile import Rates
from bytebridge.simulation.prometheus import Fault, Outage
from bytebridge.simulation.service_model import (
    Exports,
    ServiceModel,
    Workload,
    draw_service_times,
)

INITIAL_UTILIZATION = 0.7
"""Every run starts with replicas that the first minute's load keeps as busy as this."""
LOW, HIGH = 100.0, 1000.0
FLASHES = profile.flashes(300, 900, (300, 780, 1260))
LATE_BY = (40, -110, 75, -20, 115, -60)
DEFAULT_MODEL = ServiceModel()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A load, a service and what befalls it."""

    name: str
    summary: str
    rates: Rates
    model: ServiceModel = DEFAULT_MODEL
    dispersion: float = 1.0
    """Index of dispersion of the arrivals; 1 is Poisson."""
    outages: tuple[Outage, ...] = ()
    exports: Exports = Exports.ALL
    """What ByteBridge sees. Where it is requests in progress, it is not told the slots either."""
    recorded: tuple[float, ...] | None = None
    """Arrivals of a trace, seconds; `rates` is then their smoothed rate."""
    min_replicas: int = 2
    max_replicas: int = 100
    objective_milliseconds: int = 200
    headroom_percent: int = 0
    """What ByteBridge is told to keep standing; its peers know nothing like it."""
    tick_seconds: float = 5.0
    scrape_seconds: float = 5.0
    late_by: tuple[int, ...] = ()
    """The load came on so many days before, by these seconds later; ByteBridge knows them."""
    service: ScalableService | None = None
    """The spec that ByteBridge is given; by default one of defaults."""

    def spec(self) -> ScalableService:
        """The ScalableService."""
        return self.service or service_of(self)

    def workload(self, seed: int) -> Workload:
        """Draw the requests of one seed."""
        random = Random(f"workload-{seed}")
        rates = self.rates
        if self.recorded is not None:
            times: list[float] = list(self.recorded)
        else:
            if self.dispersion > 1:
                rates = tuple(arrivals.bursty_rates(rates, self.dispersion, random))
            times = arrivals.poisson(rates, random)
        return Workload(times, draw_service_times(self.model, times, random), rates)

    def setting(self, workload: Workload) -> Setting:
        """What autoscalers are configured with."""
        return Setting(
            self.spec(),
            self.model,
            workload,
            tick_seconds=self.tick_seconds,
            scrape_seconds=self.scrape_seconds,
            exports=self.exports,
            days=tuple(recorded_days(self.rates, self.late_by)),
        )

    def conditions(self, seed: int) -> Conditions:
        """What the engine is told."""
        first = self.rates[:60]
        busy = sum(first) / len(first) * self.model.service_seconds
        needed = ceil(busy / self.model.slots / INITIAL_UTILIZATION)
        return Conditions(
            min_replicas=self.min_replicas,
            max_replicas=self.max_replicas,
            initial_replicas=max(self.min_replicas, min(self.max_replicas, needed)),
            scrape_seconds=self.scrape_seconds,
            outages=self.outages,
            seed=seed,
        )


def service_of(scenario: Scenario) -> ScalableService:
    """A spec that says what everybody knows of his service, and leaves the rest to the defaults."""
    slots = None if scenario.exports is Exports.IN_PROGRESS else scenario.model.slots
    return ScalableService.model_validate(
        {
            "metadata": {"name": scenario.name},
            "spec": {
                "template": {"spec": {"containers": []}},
                "metrics": {"scrapeIntervalSeconds": max(1, round(scenario.scrape_seconds))},
                "scaling": {
                    "minReplicas": scenario.min_replicas,
                    "maxReplicas": scenario.max_replicas,
                    "objective": {
                        "percentile": 95,
                        "latencyMilliseconds": scenario.objective_milliseconds,
                    },
                    "concurrencyPerReplica": slots,
                    "headroomPercent": scenario.headroom_percent,
                    "startupSeconds": max(1, round(scenario.model.startup_seconds)),
                },
            },
        }
    )


def _model(startup: float = 30.0, slots: int = 2) -> ServiceModel:
    return ServiceModel(startup_seconds=startup, slots=slots)


def _steps() -> list[Scenario]:
    step = profile.surge(LOW, HIGH)
    return [
        Scenario(f"step-{startup}", f"step to 10x, L = {startup} s", step, _model(startup))
        for startup in (10, 30, 60)
    ]


def _ramps() -> list[Scenario]:
    return [
        Scenario(
            f"ramp-{ramp}-{startup}",
            f"ramp of {ramp} s to 10x, L = {startup} s",
            profile.surge(LOW, HIGH, ramp=ramp),
            _model(startup),
        )
        for ramp in (60, 180)
        for startup in (10, 30, 60)
    ]


def _shapes() -> list[Scenario]:
    return [
        Scenario(
            "flashes",
            "three flashes of 60 s to 3x",
            FLASHES,
        ),
        Scenario("diurnal", "a day in an hour, 100 to 1,000", profile.diurnal(LOW, HIGH)),
        Scenario("steady", "steady Poisson load, 300/s", profile.steady(300, 1800)),
        Scenario(
            "steady-small",
            "steady Poisson load, 2/s of a second each, one slot",
            profile.steady(2, 3600),
            ServiceModel(service_seconds=1.0, slots=1),
            min_replicas=1,
            objective_milliseconds=3300,
        ),
        Scenario(
            "steady-slow",
            "steady Poisson load, 2/s of three seconds each, one slot",
            profile.steady(2, 3600),
            ServiceModel(service_seconds=3.0, slots=1),
            min_replicas=1,
            objective_milliseconds=10_000,
        ),
        Scenario(
            "bursty",
            "steady 300/s, index of dispersion 8",
            profile.steady(300, 1800),
            dispersion=8.0,
        ),
        Scenario(
            "model-change",
            "service time x 1.67 in mid-run at 500/s",
            profile.steady(500, 1800),
            ServiceModel(slowdown_at=900, slowdown=1.67),
        ),
        Scenario(
            "database-24",
            "step to 600/s, the database full at 24 replicas",
            profile.surge(LOW, 600),
            ServiceModel(database_replicas=24),
        ),
        Scenario(
            "database-12",
            "step to 600/s, the database full at 12 replicas: not enough for the load",
            profile.surge(LOW, 600),
            ServiceModel(database_replicas=12),
        ),
    ]


def _burdened() -> list[Scenario]:
    """What looks like a full database and is none, and one that idle replicas burden as well."""
    step = profile.surge(LOW, 600)
    crowded = ServiceModel(database_replicas=24, idle_replicas_count=True)
    return [
        Scenario(
            "crowded-24",
            "step to 600/s, more than 24 replicas slow all, busy or not",
            step,
            crowded,
        ),
        Scenario(
            "crowded-24-10",
            "the same, L = 10 s",
            step,
            replace(crowded, startup_seconds=10.0),
        ),
        Scenario(
            "crowded-24-ramp",
            "the same, ramp of 60 s",
            profile.surge(LOW, 600, ramp=60),
            crowded,
        ),
        Scenario(
            "step-slower",
            "step to 600/s, service time x 1.67 a minute later",
            step,
            ServiceModel(slowdown_at=360, slowdown=1.67),
        ),
    ]


def _scattered() -> list[Scenario]:
    """A balancer that does not look, as a Kubernetes Service is one."""
    scattered = ServiceModel(scattered=True)
    return [
        Scenario(
            "steady-scattered",
            "steady 300/s, the pod of each request drawn at random",
            profile.steady(300, 1800),
            scattered,
        ),
        Scenario(
            "step-scattered",
            "step to 10x, the pod of each request drawn at random",
            profile.surge(LOW, HIGH),
            scattered,
        ),
        Scenario(
            "diurnal-scattered",
            "a day in an hour, 100 to 1,000, the pod of each request drawn at random",
            profile.diurnal(LOW, HIGH),
            scattered,
        ),
    ]


def _daily() -> list[Scenario]:
    """What came each day: the first minute of it can be foreseen."""
    words = "as on six days before, up to two minutes earlier or later"
    return [
        Scenario(
            "step-30-daily", f"step to 10x, L = 30 s, {words}",
            profile.surge(LOW, HIGH), late_by=LATE_BY,
        ),
        Scenario(
            "ramp-60-60-daily", f"ramp of 60 s to 10x, L = 60 s, {words}",
            profile.surge(LOW, HIGH, ramp=60), _model(60), late_by=LATE_BY,
        ),
    ]  # fmt: skip


def _slow_pods() -> list[Scenario]:
    """Models that take minutes to load: what is asked for now serves another load."""
    minutes = _model(300)
    wandering = profile.wandering(500, 0.4, 1200, 7200, Random("wandering"))
    return [
        Scenario(
            "ramp-1800-300", "ramp of 30 min to 10x, L = 300 s",
            profile.surge(LOW, HIGH, ramp=1800, start=600, plateau=900, seconds=5400), minutes,
        ),
        Scenario(
            "diurnal-300", "a day in an hour, 100 to 1,000, L = 300 s",
            profile.diurnal(LOW, HIGH), minutes,
        ),
        Scenario(
            "wandering-300", "500/s, up and down by 40 % within 20 min, L = 300 s",
            wandering, minutes,
        ),
    ]  # fmt: skip


def _recurring() -> list[Scenario]:
    """Surges that pods cannot meet in time, and that come again."""
    regular = profile.flashes(150, 600, tuple(range(300, 7200, 600)), seconds=7200)
    drawn = profile.drawn_surges(60, 600, 200, 5400, Random("recurring-drawn"))
    return [
        Scenario("recurring", "a minute of 4x each ten minutes, two hours", regular),
        Scenario(
            "recurring-drawn", "surges to 7x to 13x for 30 to 90 s, pauses drawn, mean 200 s", drawn
        ),
    ]


def _variants() -> list[Scenario]:
    step = Scenario("step", "step to 10x, L = 30 s", profile.surge(LOW, HIGH))
    named = [
        replace(step, name="step-k1", summary="step, one slot a replica", model=_model(slots=1)),
        replace(step, name="step-k4", summary="step, four slots a replica", model=_model(slots=4)),
        replace(
            step, name="step-completions", summary="step, only completions exported",
            exports=Exports.COMPLETIONS,
        ),
        replace(
            step, name="step-in-progress",
            summary="step, only requests in progress and latencies exported, slots not given",
            exports=Exports.IN_PROGRESS,
        ),
        replace(
            step, name="step-2s", summary="step, scrape and tick of 2 s",
            tick_seconds=2.0, scrape_seconds=2.0,
        ),
        replace(step, name="step-15s", summary="step, scrape of 15 s", scrape_seconds=15.0),
        *(
            replace(
                step, name=f"ramp-180-{scrape}s", rates=profile.surge(LOW, HIGH, ramp=180),
                summary=f"ramp of 180 s to 10x, scrape of {scrape} s", scrape_seconds=scrape,
            )
            for scrape in (15, 30)
        ),
        replace(
            step, name="flashes-2s", summary="three flashes of 60 s to 3x, scrape and tick of 2 s",
            rates=FLASHES, tick_seconds=2.0, scrape_seconds=2.0,
        ),
    ]  # fmt: skip
    prices = [
        replace(
            step, name=f"step-headroom-{percent}", headroom_percent=percent,
            summary=f"step, headroom for {percent} % more load that stands already",
        )
        for percent in (100, 300)
    ]  # fmt: skip
    faults = [
        replace(
            step,
            name=f"outage-{fault.value.replace(' ', '-').lower()}-{when}",
            summary=f"step; {fault.value}, 90 s {where}",
            outages=(Outage(start, start + 90, fault),),
        )
        for fault in Fault
        for when, where, start in (("onset", "from its onset", 298), ("middle", "amid it", 500))
    ]
    return named + prices + faults


_GROUPS = (
    _steps, _ramps, _slow_pods, _shapes, _burdened, _scattered, _daily, _recurring, _variants,
)  # fmt: skip
SCENARIOS = {scenario.name: scenario for group in _GROUPS for scenario in group()}
"""Every scenario by name."""

QUICK = ("step-30", "ramp-60-30", "flashes", "diurnal")
"""The few that tell most."""
