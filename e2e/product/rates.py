"""Loads that two cores carry beside a cluster."""

from typing import Final

USUAL: Final = 6
"""Requests a second; one replica serves about 20."""
SURGE: Final = 10 * USUAL
RISE: Final = f"10@{USUAL},45@{USUAL}-{SURGE}"
"""The way up, in the load generator's words: within 45 s. A jump in no time would fill the queue of
the one pod that there is with more than it can serve before clients give up."""
