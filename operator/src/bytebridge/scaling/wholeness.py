"""Whether windows of a counter count all of their seconds, or only those between their samples."""

from typing import NamedTuple

FADING = 0.95
TELLING_READINGS = 3.5
"""Four of them, faded."""
CHANCE = 0.01
"""Mean squared difference that rounded figures may have, and chance hardly ever has."""


class Wholeness(NamedTuple):
    """Memory of one service.

    Four fast windows end to end count what the slow one does, to the request, if they count all of
    their seconds. Those of PromQL, which extrapolates, leave out the time between two scrapes each,
    and differ by chance.
    """

    readings: float = 0.0
    error: float = 0.0
    """Sum of the squared differences, in what chance would give. Both fade, so that one break in
    the series does not count for ever."""
    compared_at: float = float("-inf")
    """Windows that overlap tell the same: one comparison each fast window."""

    @property
    def whole(self) -> bool:
        """Whether it is beyond doubt that nothing is left out."""
        return self.readings >= TELLING_READINGS and self.error < CHANCE * self.readings

    def with_reading(self, error: float, time: float) -> "Wholeness":
        """One more comparison."""
        return Wholeness(FADING * self.readings + 1, FADING * self.error + error, time)


UNTOLD = Wholeness()
"""Nothing was compared yet."""
