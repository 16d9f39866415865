"""How long messages take, by what is worked off a queue, where nobody measures it.

While messages wait all slots are in use. The time that they were, over the messages that were done
meanwhile, is the mean service time, as of exponential ones: of those that are not done yet it is
known that they have taken so long (maximum likelihood of censored times; J. Lawless, Statistical
Models and Methods for Lifetime Data, 2003, section 3.5).
"""

from dataclasses import dataclass
from math import inf

from bytebridge.scaling.capacity import SATURATED_BACKLOG
from bytebridge.scaling.history import SHORTEST_STEP_SECONDS
from bytebridge.scaling.observation import Observation

FEWEST = 20.0
"""Messages that have to be done: a mean of them is known to a quarter."""
FEWEST_LATER = 8.0
"""Once they have been waited for: better than to know nothing."""
MORE = 1.1
"""Times the slots in use: messages were begun, and none of them is done for a while."""
LONGEST_GAP_SECONDS = 30.0
"""Between two looks; what was in a longer one is not known."""
YOUNG_SECONDS = 60.0
"""For so long it is waited for messages to be done: one look tells next to nothing of long ones."""
LARGEST_GROWTH_SHARE = 0.95
"""Of what was counted, from which on growth of the queue shows that completions are counted."""


@dataclass(slots=True)
class WorkedOff:
    """Memory of one service; of one backlog."""

    time: float | None = None
    """Of the last look amid the backlog; `None`: there is none."""
    depth: float = 0.0
    busy: float = 0.0
    """Slots in use then."""
    seconds: float = 0.0
    slot_seconds: float = 0.0
    counted: float = 0.0
    """By the counter of arrivals or of completions."""
    grown: float = 0.0
    """The queue, by so many."""
    begun: float = 0.0
    """Slots that have come into use."""
    begun_at: float = -inf
    """When many did."""
    known: float | None = None
    """Seconds of a message, as found before that."""

    @property
    def young(self) -> bool:
        """Whether few messages may be done for want of time."""
        return self.seconds < YOUNG_SECONDS

    def service_seconds(self, *, completions: bool) -> float | None:
        """Of a message; `None`: too few are done.

        Args:
            completions: The counter counts them, or messages as workers take them.
        """
        if self.known and self.time is not None and self.time - self.begun_at < self.known:
            return self.known
        completions = completions or self.grown >= LARGEST_GROWTH_SHARE * self.counted > 0
        done = self.counted - self.begun - (0.0 if completions else self.grown)
        if done >= (FEWEST if self.young else FEWEST_LATER):
            self.known = self.slot_seconds / done
            return self.known
        return None


def observe_worked_off(memory: WorkedOff, observation: Observation, slots: float) -> None:
    """Take in a reading.

    Args:
        memory: Of this service; updated.
        observation: What is known now.
        slots: Of a replica.
    """
    readings, time, ready = observation.readings, observation.time, observation.replicas.ready
    depth, last = readings.queue_depth, memory.time
    if depth is None or not ready or depth < SATURATED_BACKLOG * ready:
        memory.time = memory.known = None
        memory.seconds = memory.slot_seconds = 0.0
        memory.counted = memory.grown = memory.begun = 0.0
        return
    busy = slots * ready if readings.in_flight is None else readings.in_flight
    elapsed = 0.0 if last is None else time - last
    # Whether those that came have begun to work is not known where nobody tells what is in work.
    counts = readings.in_flight is not None or busy == memory.busy
    if counts and SHORTEST_STEP_SECONDS <= elapsed <= LONGEST_GAP_SECONDS:
        memory.counted += readings.shortest_rate * elapsed
        memory.grown += depth - memory.depth
        memory.begun += busy - memory.busy
        memory.slot_seconds += (memory.busy + busy) / 2 * elapsed
        memory.seconds += elapsed
    if busy > MORE * memory.busy:
        memory.begun_at = time
    memory.time, memory.depth, memory.busy = time, depth, busy
