"""What was decided, and why."""

from collections.abc import Mapping
from typing import NamedTuple

from bytebridge.scaling.explanation import explain
from bytebridge.scaling.reason import Reason


class Decision(NamedTuple):
    """A number of replicas with its explanation."""

    time: float
    present: int
    """`spec.replicas` that the decision was made at."""
    replicas: int
    """Replicas that the service needs: the floor that the HPA is given."""
    reason: Reason
    floors: Mapping[str, int]
    """What each rule asked for: utilization, latency, burst, drain, forecast, ..."""
    held: str | None
    """What keeps the replicas above the floors, or `None`."""
    most: int | None
    """Replicas beyond which more do not help, whoever adds them; `None`: nothing says so."""
    signals: Mapping[str, float | None]
    """What the rules worked with, derived figures included (units in the names)."""
    note: str | None = None
    """What its execution adds: why the replicas are not those that were decided."""

    @property
    def message(self) -> str:
        """One or two sentences: what was seen, which rule bound, what is held.

        Made when somebody asks: most decisions change nothing, and nobody reads them.
        """
        words = explain(self.present, self.replicas, self.reason, self.held, self.signals)
        return words if self.note is None else f"{words}; {self.note}"
