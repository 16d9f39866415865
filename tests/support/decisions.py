"""What the law decides in a simulated scenario, one line a decision, told on standard output.

A program, so that the same is asked of an interpreted and of a compiled core:
`python decisions.py SCENARIO SEED`.
"""

import sys

from bytebridge.scaling.decision import Decision
from bytebridge.scaling.wire import write_decision
from bytebridge.simulation.engine import Simulation
from bytebridge.simulation.policies.autoscaler import Sight
from bytebridge.simulation.policies.law import Law
from bytebridge.simulation.scenarios import SCENARIOS


class TellingLaw(Law):
    """The law that says what it decides."""

    def decide(self, sight: Sight) -> Decision:
        decision = super().decide(sight)
        print(write_decision(decision))
        return decision


def main(name: str, seed: int) -> None:
    scenario = SCENARIOS[name]
    workload = scenario.workload(seed)
    law = TellingLaw(scenario.setting(workload))
    Simulation(scenario.model, workload, law, scenario.conditions(seed)).run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
