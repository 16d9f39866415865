"""What Prometheus would have recorded of a simulated service."""

from dataclasses import replace
from typing import TYPE_CHECKING

from bytebridge.scaling.observation import Replicas
from bytebridge.scaling.policy import Policy, compile_policy
from bytebridge.signals.history import Moment
from bytebridge.simulation.engine import Simulation
from bytebridge.simulation.policies.autoscaler import Setting, Sight
from bytebridge.simulation.policies.law import Law
from bytebridge.simulation.scenarios import Scenario

if TYPE_CHECKING:
    from bytebridge.simulation.prometheus import Sample

START = 1_700_000_000.0


class Recorder:
    """Keeps so many replicas, and writes down what the operator would have read."""

    interval_seconds = 5.0

    def __init__(self, setting: Setting, replicas: int) -> None:
        self._eyes = Law(setting)
        self._replicas = replicas
        self.moments: list[Moment] = []

    def desired(self, sight: Sight) -> int:
        pods = sight.pods
        self._prometheus = sight.prometheus
        readings = self._eyes._readings(sight.prometheus, sight.now, pods.ready)
        replicas = Replicas(pods.desired, pods.ready, pods.starting)
        self.moments.append(Moment(START + sight.now, readings, replicas))
        return self._replicas

    @property
    def samples(self) -> "list[Sample]":
        """All scrapes."""
        return self._prometheus._samples


def record(scenario: Scenario, replicas: int) -> list[Moment]:
    return recorder(scenario, replicas).moments


def recorder(scenario: Scenario, replicas: int) -> Recorder:
    workload = scenario.workload(0)
    kept = Recorder(scenario.setting(workload), replicas)
    conditions = replace(scenario.conditions(0), initial_replicas=replicas)
    Simulation(scenario.model, workload, kept, conditions).run()
    return kept


def policy(scenario: Scenario) -> Policy:
    return compile_policy(scenario.spec(), scenario.tick_seconds)
