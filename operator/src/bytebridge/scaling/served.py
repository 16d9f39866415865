"""What the Ready replicas serve at least, shown by a load that does not rise."""

from bytebridge.scaling.capacity import STEADY_SHARE
from bytebridge.scaling.fleet_size import FleetSize
from bytebridge.scaling.observation import Observation

MOST_LATE = 2.0
"""Times the objective: clients that wait for longer may give up, and are neither served nor inside.
"""


def served_at_least(observation: Observation, size: FleetSize, lateness: float | None) -> float:
    """Requests a second; 0: not known.

    Of those that came within a window, the ones that were not served are in the service still:
    X - N / w, where N is what is in flight and waits, or no less than what latencies hold, X W
    (J. Little, 1961). So slots that are not known yet, or assumed to be few, do not make a service
    that keeps up with its load look as if a backlog grew.

    Args:
        observation: What is known now.
        size: The Ready replicas; where some went within the window it was more that served.
        lateness: Times the objective that requests take; `None`: not known, or nobody asks.
    """
    readings, rates = observation.readings, observation.readings.requests_per_second
    if lateness is None or lateness > MOST_LATE:
        return 0.0
    if not rates or readings.shortest_rate > (1 + STEADY_SHARE) * readings.longest_rate:
        return 0.0
    window = readings.longest_window
    if observation.replicas.ready < size.ready or observation.time - size.fewer_since < window:
        return 0.0
    rate = min(rates.values())
    counted = (readings.in_flight or 0.0) + (readings.queue_depth or 0.0)
    inside = max(counted, rate * (readings.latency_p95_seconds or 0.0))
    return max(0.0, rate - inside / window)
