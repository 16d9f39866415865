"""Requests that wait at one replica while others are idle: a balancer that does not look."""

from bytebridge.scaling.observation import Observation

IDLE_SHARE = 0.1
"""Of the slots: where so many are idle, nobody would wait in a line before all replicas."""
WAITING_SHARE = 0.05
"""Of the requests: fewer may wait with 95 % of them in time."""


def waits_beside_idle_slots(
    observation: Observation, slots: float | None, objective: float | None
) -> bool:
    """Whether latencies are missed by requests that wait although slots are idle.

    Fewer replicas are busier, so more requests would meet one that is busy. How much of a replica
    may be used is learned once the load and the replicas have stood (`sustained.py`).

    Args:
        observation: What is known now.
        slots: Of a replica; `None`: not known.
        objective: Seconds; `None`: there is none.
    """
    readings = observation.readings
    waiting, latency = readings.queue_depth, readings.latency_p95_seconds
    if not waiting or not slots or objective is None or latency is None:
        return False
    serving, all_slots = readings.in_flight, slots * observation.replicas.ready
    if serving is not None:
        idle = serving < (1 - IDLE_SHARE) * all_slots
    else:
        few = readings.in_flight_p10
        serving, idle = all_slots, few is not None and few < slots
    return idle and latency > objective and waiting > WAITING_SHARE * (waiting + serving)
