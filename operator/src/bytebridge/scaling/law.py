"""The law: one decision from one observation."""

from dataclasses import dataclass

from bytebridge.scaling.decision import Decision, Reason
from bytebridge.scaling.observation import Observation
from bytebridge.scaling.policy import Policy


@dataclass(slots=True)
class State:
    """What the law remembers of one service between decisions."""


def initial_state() -> State:
    """Nothing seen yet."""
    return State()


def decide(policy: Policy, state: State, observation: Observation) -> Decision:
    """Decide how many replicas a service needs now, and remember what the next decision needs.

    Args:
        policy: The compiled spec.
        state: Memory of this service; updated.
        observation: What is known now.
    """
    del state
    replicas = max(policy.min_replicas, min(policy.max_replicas, observation.replicas.desired))
    return Decision(observation.time, replicas, Reason.STEADY, "holding")
