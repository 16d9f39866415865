"""The autoscalers by name."""

from collections.abc import Callable, Iterable

from bytebridge.simulation.policies.autoscaler import Autoscaler, Setting
from bytebridge.simulation.policies.bytebridge import ByteBridge
from bytebridge.simulation.policies.earliest import Earliest
from bytebridge.simulation.policies.fixed import Static
from bytebridge.simulation.policies.hpa import HpaOnCpu, HpaOnInFlight, HpaOnRate
from bytebridge.simulation.policies.keda import KedaOnQueue
from bytebridge.simulation.policies.kpa import Kpa
from bytebridge.simulation.policies.oracle import Oracle

BYTEBRIDGE, EARLIEST, ORACLE = "bytebridge", "earliest", "oracle"

POLICIES: dict[str, Callable[[Setting], Autoscaler]] = {
    BYTEBRIDGE: ByteBridge,
    "kpa": Kpa,
    "hpa-rps": HpaOnRate,
    "hpa-inflight": HpaOnInFlight,
    "hpa-cpu": HpaOnCpu,
    "keda-queue": KedaOnQueue,
    "static": Static,
    EARLIEST: Earliest,
    ORACLE: Oracle,
}
PEERS = ("kpa", "hpa-rps", "hpa-inflight", "hpa-cpu", "keda-queue")
"""What ByteBridge is measured against."""


def require_known(names: Iterable[str]) -> None:
    """Check names of policies.

    Raises:
        ValueError: A name is not known; the message lists those that are.
    """
    for name in names:
        if name not in POLICIES:
            raise ValueError(f"policy {name!r} is not known; choose from {', '.join(POLICIES)}")


def make(name: str, setting: Setting) -> Autoscaler:
    """Make an autoscaler of a known name."""
    return POLICIES[name](setting)
