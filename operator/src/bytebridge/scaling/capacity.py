"""What one replica can do: given, or learned while it is saturated."""

from math import sqrt
from typing import NamedTuple

from bytebridge.scaling.demand import SIGMAS
from bytebridge.scaling.observation import Observation, Readings

MAX_SLOTS_PER_REPLICA = 1_024.0
SHORTEST_SERVICE_SECONDS = 1e-6
LONGEST_SERVICE_SECONDS = 3_600.0
LEARNING_RATE = 0.3
SLOW_LEARNING_RATE = 0.01
LATENCY_WINDOW_SECONDS = 60.0
"""Of the mean latency, or the slow window where that is longer."""
LATE_SECONDS = 15.0
"""What scrapes and ticks are late: waiting is in the mean latency for as much longer."""
MOST_LOOKS = 100
"""At busy slots; each later one weighs as much as the last of these."""
STEADY_SHARE = 0.2
"""Windows that differ by less than this are taken to show one steady load."""
LARGEST_GROWTH_SHARE = 0.95
"""Growth of the queue beyond this share of the rate shows that completions are counted."""
SATURATED_BACKLOG = 1.0
"""Waiting requests a ready replica from which its slots are taken to be all busy."""


class Capacity(NamedTuple):
    """Slots and speed of one replica; `None` until known."""

    slots: float | None = None
    """Requests served at once."""
    service_seconds: float | None = None
    estimated: bool = False
    """The service time was inferred amid a backlog: it holds for this decision only."""
    template_hash: str | None = None
    waited_at: float = float("-inf")
    """When a backlog was last seen."""
    sustained: float | None = None
    """Share of the slots that may be busy with latencies in time; `None`: no limit was seen."""
    looks: int = 0
    """At busy slots, of which the service time is a mean; 0: it is measured."""
    when_full: float = 0.0
    """Requests a second of one replica with more to do than it may have; 0: as many as it may."""
    assumed: bool = False
    """The slots are those of another pod template: the first that are all busy show its own."""

    @property
    def requests_per_second(self) -> float | None:
        """Throughput of one replica that has as much to do as it may."""
        if self.slots is None or not self.service_seconds:
            return None
        return self.slots / self.service_seconds

    @property
    def most_per_second(self) -> float | None:
        """Throughput of one replica while requests wait, in time or not."""
        each = self.requests_per_second
        return None if each is None else max(each, self.when_full)


def learn_capacity(
    known: Capacity,
    observation: Observation,
    configured_slots: float | None,
    queue_growth: float = 0.0,
    *,
    waiting: float = 0.0,
    late: bool | None = None,
    shared: bool = True,
    gone: bool = False,
    worked_off: float | None = None,
) -> Capacity:
    """Update what is known of a replica; what was learned of another template is forgotten.

    But for its slots, which most versions of a service leave as they were: at one moment of the new
    one fewer are busy, and would be taken for all.

    Args:
        known: So far.
        observation: Present signals.
        configured_slots: `concurrencyPerReplica`; `None`: learned.
        queue_growth: Requests a second that pile up.
        waiting: Requests that waited on average, of the time that the mean latency tells of.
        late: The latency objective is missed: requests may be waiting that no gauge tells of.
            `None`: nobody knows.
        shared: What waits is shared by all replicas; otherwise idle slots of some say nothing.
        gone: Replicas went of late: a gauge holds what those had, and says nothing of the slots of
            the others.
        worked_off: Seconds of a message, by what is worked off a queue; 0: it is about to be known,
            `None`: it is not.
    """
    if observation.template_hash != known.template_hash:
        known = _of_another_template(known, observation.template_hash)
    waited_at = _last_backlog(known, observation)
    slots, assumed = configured_slots, False
    if not slots:
        slots, assumed = _learned_slots(
            known, observation, queue_growth, late=late, shared=shared, gone=gone
        )
    measured, looks = _service_seconds(observation, known, waited_at, waiting)
    estimated = None
    if measured is None:
        estimated = _unmeasured(known, observation, slots, queue_growth, worked_off)
    service = measured or estimated
    if service is not None:
        service = min(max(service, SHORTEST_SERVICE_SECONDS), LONGEST_SERVICE_SECONDS)
    estimated_only = measured is None and bool(service)
    return Capacity(
        slots,
        service,
        estimated_only,
        known.template_hash,
        waited_at,
        known.sustained,
        looks,
        assumed=assumed,
    )


def _unmeasured(
    known: Capacity,
    observation: Observation,
    slots: float | None,
    queue_growth: float,
    worked_off: float | None,
) -> float | None:
    """By what is worked off a queue, or else as it was known, or by the present look."""
    if worked_off is not None:
        return worked_off or known.service_seconds
    kept = None if observation.readings.queue_depth else known.service_seconds
    return kept or _estimated_service_seconds(observation, slots, queue_growth)


def _of_another_template(known: Capacity, template_hash: str | None) -> Capacity:
    assumed = known.template_hash is not None and known.slots is not None
    slots = known.slots if assumed else None
    return Capacity(slots, template_hash=template_hash, waited_at=known.waited_at, assumed=assumed)


def with_fast_service_time(capacity: Capacity, readings: Readings, requests: float) -> Capacity:
    """The service time of the fast window, where it is clearly above that of the slow one.

    It grows with the load under a limit of CPU, on a shared GPU, in larger batches. The mean of n
    service times has the standard error Cs/sqrt(n); Cs = 1, that of exponential times, is more than
    most servers have.

    Args:
        capacity: As the slow window has it.
        readings: Present signals.
        requests: That came in the fast window, n. While a backlog grows fewer are served, and the
            error is taken for smaller than it is: then the later surplus goes with the hold.
    """
    slow, fast = readings.service_seconds, readings.fast_service_seconds
    if not slow or not fast or requests <= 0:
        return capacity
    if fast <= slow * (1 + SIGMAS / sqrt(requests)):
        return capacity
    return capacity._replace(service_seconds=min(fast, LONGEST_SERVICE_SECONDS))


def as_of_late(capacity: Capacity, readings: Readings) -> Capacity:
    """With the fast service time, by the requests that the fast window has counted."""
    if not readings.fast_service_seconds or not readings.requests_per_second:
        return capacity
    windows = sorted(readings.requests_per_second)
    fast = windows[max(0, len(windows) - 2)]
    return with_fast_service_time(capacity, readings, readings.requests_per_second[fast] * fast)


def _last_backlog(known: Capacity, observation: Observation) -> float:
    """A queue shorter than the slots is what any healthy service has at times."""
    slots = observation.replicas.ready * (known.slots or 1.0)
    waits = (observation.readings.queue_depth or 0.0) > slots
    return observation.time if waits else known.waited_at


def _service_seconds(
    observation: Observation, capacity: Capacity, waited_at: float, waiting: float
) -> tuple[float | None, int]:
    """Measured service time; else the mean latency while no backlog waits; else what was known.

    The mean latency is that of a window: it holds waiting until the last backlog has left it, and
    always may where the queue is not exported. Then it lowers what is known at once, but raises it
    slowly or not at all. Last, Little's law over the busy slots, and at how many looks.
    """
    readings = observation.readings
    known = None if capacity.estimated else capacity.service_seconds
    if readings.service_seconds:
        return readings.service_seconds, 0
    latency = readings.latency_mean_seconds
    if latency and not readings.queue_depth:
        clean = observation.time - waited_at >= remembered_seconds(readings)
        if clean:
            latency = _without_waiting(latency, readings, waiting)
        if known is not None and latency < known:
            return latency, 0
        if readings.queue_depth is not None:
            return latency if clean else known, 0
        slowly = latency if known is None else known + SLOW_LEARNING_RATE * (latency - known)
        return slowly, 0
    if known is not None and not capacity.looks:
        return known, 0
    return _mean_by_littles_law(observation, known, capacity.looks, waited_at)


def _without_waiting(latency: float, readings: Readings, waiting: float) -> float:
    """S = latency - Q / X (J. Little, 1961), for the few that any service has waiting at times.

    They are fewer than those that are served, so no more than half of the latency is waiting.
    """
    rate = readings.longest_rate
    return max(latency - waiting / rate, latency / 2) if rate else latency


def remembered_seconds(readings: Readings) -> float:
    """For how long the mean latency tells of what has passed."""
    return max(LATENCY_WINDOW_SECONDS, readings.longest_window) + LATE_SECONDS


def _mean_by_littles_law(
    observation: Observation, known: float | None, looks: int, waited_at: float
) -> tuple[float | None, int]:
    """S = N / X (J. Little, 1961), only while the load is steady and no backlog waits.

    N is a moment's figure and X a window's, so it takes the mean of many looks.
    """
    readings = observation.readings
    busy, slow = readings.in_flight, readings.longest_rate
    if busy is None or waited_at >= observation.time or not (busy or looks):
        return known, looks
    if not steady(readings):
        return known, looks
    looks = min(looks + 1, MOST_LOOKS)
    before = known or 0.0
    return before + (busy / slow - before) / looks, looks


def _busy_by_littles_law(
    readings: Readings, queue_growth: float, service_seconds: float | None
) -> float | None:
    """Busy slots where no gauge tells them, N = X S, while the load is steady."""
    service = readings.service_seconds or service_seconds
    if not service or not steady(readings):
        return None
    return _served(readings.longest_rate, queue_growth) * service


def steady(readings: Readings) -> bool:
    """Whether all windows show one load."""
    fast, slow = readings.shortest_rate, readings.longest_rate
    return slow > 0 and abs(fast - slow) <= STEADY_SHARE * slow


def _served(rate: float, queue_growth: float) -> float:
    """Of arrivals those that do not pile up; of completions all."""
    return rate - queue_growth if queue_growth < LARGEST_GROWTH_SHARE * rate else rate


def _estimated_service_seconds(
    observation: Observation, slots: float | None, queue_growth: float
) -> float | None:
    """What the first look at a service amid a backlog allows to say: Little's law once more.

    The counter may be of arrivals, of which those that pile up are not served, or of completions.
    After the last arrival of a batch, what leaves the queue is served. Latency, waiting included,
    is never less than the service time.
    """
    readings, ready = observation.readings, observation.replicas.ready
    latency = readings.latency_mean_seconds
    if not readings.requests_per_second or not readings.queue_depth:
        return latency
    served = _served(readings.shortest_rate, queue_growth)
    busy = readings.in_flight or ready * (slots or 1.0)
    estimate = busy / served if busy and served > 0 else None
    if estimate is None or latency is None:
        return estimate or latency
    return min(estimate, latency)


def _more_than_served(readings: Readings, service_seconds: float | None) -> bool:
    """Whether those in flight of a service without a queue gauge may be waiting.

    More than the load can keep busy are, L = X S and chance. The lower window counts, so that a
    rise is not taken for slots.
    """
    if not readings.in_flight or not service_seconds or not readings.requests_per_second:
        return False
    load = min(readings.requests_per_second.values()) * service_seconds
    return readings.in_flight > most_busy(load)


def most_busy(load: float) -> float:
    """Slots that an offered load may keep busy at one moment: Poisson's mean and chance."""
    return load + SIGMAS * sqrt(load)


def _busy_on_average(readings: Readings) -> float:
    """Busy slots of a service that is in time, L = X S: one look may have found fewer by chance."""
    service = readings.service_seconds or readings.latency_mean_seconds
    if not service or not steady(readings):
        return 0.0
    return readings.longest_rate * service


def _learned_slots(
    capacity: Capacity,
    observation: Observation,
    queue_growth: float,
    *,
    late: bool | None,
    shared: bool,
    gone: bool,
) -> tuple[float | None, bool]:
    """Slots, and whether they are still assumed."""
    readings, ready = observation.readings, observation.replicas.ready
    known, service_seconds = capacity.slots, capacity.service_seconds
    in_flight = readings.in_flight
    if in_flight is None:
        in_flight = _busy_by_littles_law(readings, queue_growth, service_seconds)
    elif readings.queue_depth is None and (late or _more_than_served(readings, service_seconds)):
        return known or 1.0, capacity.assumed
    if ready <= 0 or not in_flight or (gone and known is not None):
        return known, capacity.assumed
    busy = min(MAX_SLOTS_PER_REPLICA, max(1.0, in_flight / ready))
    if known is None:
        return max(busy, 0.0 if late is not False else _busy_on_average(readings) / ready), False
    saturated = (readings.queue_depth or 0.0) >= SATURATED_BACKLOG * ready
    if saturated and (shared or busy > known):
        learned = busy if capacity.assumed else known + LEARNING_RATE * (busy - known)
        return learned, False
    # Slots that were seen busy exist, saturated or not.
    return max(known, busy), capacity.assumed
