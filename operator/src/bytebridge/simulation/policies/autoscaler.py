"""What the engine asks of an autoscaler, and what it lets one see."""

from dataclasses import dataclass
from typing import Protocol

from bytebridge.api.service import ScalableService
from bytebridge.simulation.fleet import Pods
from bytebridge.simulation.prometheus import Prometheus
from bytebridge.simulation.service_model import Exports, ServiceModel, Workload


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be known at one moment."""

    now: float
    """Seconds of the run."""
    pods: Pods
    prometheus: Prometheus
    in_system: int
    """Requests waiting or being served this instant, as a proxy in front of the pods counts."""
    startup_seconds: float
    """90th percentile of the start-up times so far."""


class Autoscaler(Protocol):
    """Decides how many replicas there are to be."""

    interval_seconds: float
    """Time between two looks."""

    def desired(self, sight: Sight) -> int:
        """Decide on a number of replicas; the engine keeps it within the bounds."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What an autoscaler is configured with."""

    service: ScalableService
    model: ServiceModel
    workload: Workload
    """For the oracle only."""
    tick_seconds: float = 5.0
    """ByteBridge's time between decisions."""
    scrape_seconds: float = 5.0
    exports: Exports = Exports.ALL
    """What ByteBridge sees of the service."""
    days: tuple[tuple[float, float], ...] = ()
    """What is recorded of the days before: time in seconds, and mean rate, requests a second."""
