"""What Prometheus would have recorded of a simulated service."""

from dataclasses import replace

from bytebridge.scaling.observation import Replicas
from bytebridge.scaling.policy import Policy, compile_policy
from bytebridge.signals.history import Moment
from bytebridge.simulation.engine import Simulation
from bytebridge.simulation.policies.autoscaler import Setting, Sight
from bytebridge.simulation.policies.bytebridge import ByteBridge
from bytebridge.simulation.scenarios import Scenario

START = 1_700_000_000.0


class Recorder:
    """Keeps so many replicas, and writes down what the operator would have read."""

    interval_seconds = 5.0

    def __init__(self, setting: Setting, replicas: int) -> None:
        self._eyes = ByteBridge(setting)
        self._replicas = replicas
        self.moments: list[Moment] = []

    def desired(self, sight: Sight) -> int:
        pods = sight.pods
        readings = self._eyes._readings(sight.prometheus, sight.now, pods.ready)
        replicas = Replicas(pods.desired, pods.ready, pods.starting)
        self.moments.append(Moment(START + sight.now, readings, replicas))
        return self._replicas


def record(scenario: Scenario, replicas: int) -> list[Moment]:
    workload = scenario.workload(0)
    recorder = Recorder(scenario.setting(workload), replicas)
    conditions = replace(scenario.conditions(0), initial_replicas=replicas)
    Simulation(scenario.model, workload, recorder, conditions).run()
    return recorder.moments


def policy(scenario: Scenario) -> Policy:
    return compile_policy(scenario.spec(), scenario.tick_seconds)
