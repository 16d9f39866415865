"""Loads that two cores carry, and ten replicas of the service."""

from typing import Final

USUAL: Final = 4
"""Requests a second that one or two replicas serve."""
SURGE: Final = 10 * USUAL
