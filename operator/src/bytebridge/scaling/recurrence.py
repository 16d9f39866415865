"""Surges that come again within hours: what stands for the next one, and for how long it pays.

A surge that comes sooner than pods can costs more than the requests that are late: replicas that
clear the backlog. Where surges come again, the replicas that the next one needs may stand instead.
Rent or buy: by the pauses that were seen, that one window is chosen, from the shortest pause on,
in which to stand costs least (H. Fujiwara and K. Iwama, "Average-Case Competitive Analyses for
Ski-Rental Problems", Algorithmica 42, 2005; pauses and windows as in M. Shahrad et al., "Serverless
in the Wild", USENIX ATC 2020, section 4.2).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple

from bytebridge.scaling.history import Point

SURPRISE = 1.25
"""A surge is a rate of so many times what the Ready replicas can serve, and of what came a minute
before: pods that fail are no surge, and a load that rises steadily is none."""
BASE_SECONDS = 50.0
"""For so long the load before is to be known."""
SIGMAS = 3.0
APART_SECONDS = 60.0
"""Surges closer together are one: the hold bridges them."""
LONGEST_SECONDS = 1_800.0
"""A surge that lasts longer is the load."""
FORGOTTEN_SECONDS = 86_400.0
MOST_REMEMBERED = 8
MARGIN = 1 / 3
"""The next pause may be so much shorter or longer than the one that was seen; of n that were alike,
by the square of n less; else by as much as they differ."""
SHORTEST_MARGIN_SECONDS = 10.0
WORTH = 4.0
"""To stand may cost so many times what a surge costs in surplus that nothing stood for: the rest
for the requests that are late then (docs/design/recurring-surges.md has 2, 4 and 8)."""


class Surge(NamedTuple):
    """One that is on, or was the last."""

    began: float
    base: float
    """Requests a second before it."""
    height: float
    """The most of the fast window, requests a second."""
    surplus: float = 0.0
    """Replica-seconds beyond what the load and the height asked for."""
    awaited: bool = False
    """Replicas may have stood for it: it tells nothing of what a surprise costs."""


class Window(NamedTuple):
    """When the next surge is awaited, in seconds after the end of the last one."""

    opens: float
    closes: float


def _remembered() -> deque[float]:
    return deque(maxlen=MOST_REMEMBERED)


@dataclass(slots=True)
class Recurrence:
    """Memory of one service."""

    surge: Surge | None = None
    """The one that is on, or the last."""
    ended_at: float | None = None
    """`None`: it is on."""
    heights: deque[float] = field(default_factory=_remembered)
    """Of surges before, requests a second."""
    surprises: deque[float] = field(default_factory=_remembered)
    """Surplus of surges before that nothing stood for, replica-seconds."""
    pauses: deque[float] = field(default_factory=_remembered)
    """From the end of one surge to the beginning of the next, seconds."""
    window: Window | None = None
    """`None`: none is awaited."""
    observed_at: float | None = None

    @property
    def height(self) -> float:
        """Of the surge that is awaited, requests a second; 0: there was none."""
        if self.surge is None:
            return 0.0
        known = [*self.heights] if self.on and self.heights else [*self.heights, self.surge.height]
        usual = sum(known) / len(known)
        return max(usual, self.surge.height) if self.on else usual

    @property
    def on(self) -> bool:
        """A surge is on."""
        return self.surge is not None and self.ended_at is None


class Presence(NamedTuple):
    """The load and the fleet of a moment."""

    time: float
    rate: float
    """Requests a second."""
    fast_seconds: float
    history: Sequence[Point]
    """Newest last."""
    served: float
    """By the Ready replicas, requests a second."""
    each: float
    """By one replica that is as busy as it is meant to be."""
    surplus: float
    """Replicas beyond what the load needs."""

    @property
    def fast(self) -> float:
        """Of the fast window, requests a second."""
        return self.history[-1].fast if self.history else self.rate

    @property
    def level(self) -> float:
        """What comes now, at least: the index of dispersion of surges would hide the next one."""
        return max(self.rate, self.fast - SIGMAS * sqrt(self.fast / self.fast_seconds))

    @property
    def base(self) -> float | None:
        """What came a minute ago; `None`: not known."""
        if not self.history or self.time - self.history[0].time < BASE_SECONDS:
            return None
        return self.history[0].fast


def observe_surges(memory: Recurrence, now: Presence, lead_seconds: float) -> None:
    """Take in the present load.

    Args:
        memory: Of this service; updated.
        now: What comes, and what stands.
        lead_seconds: Until replicas that are asked for serve.
    """
    elapsed = 0.0 if memory.observed_at is None else max(0.0, now.time - memory.observed_at)
    memory.observed_at = now.time
    if memory.surge is not None:
        _go_on(memory, memory.surge, now, elapsed)
    begun = _begun(memory, now)
    if begun is not None:
        _begin(memory, begun)
    if memory.ended_at == now.time or (memory.ended_at is not None and now.surplus > 0):
        memory.window = _window(memory, now.each, lead_seconds)


def _go_on(memory: Recurrence, surge: Surge, now: Presence, elapsed: float) -> None:
    """Count what the surge costs, and see whether it has ended."""
    if not memory.on:
        standing = max(0.0, surge.height - now.rate) / now.each
        surplus = max(0.0, now.surplus - standing) * elapsed
        memory.surge = surge._replace(surplus=surge.surplus + surplus)
        return
    memory.surge = surge = surge._replace(
        height=max(surge.height, now.fast), surplus=surge.surplus + now.surplus * elapsed
    )
    if now.time - surge.began > LONGEST_SECONDS:
        memory.surge, memory.window = None, None
    elif now.level < (surge.base + surge.height) / 2:
        memory.ended_at = now.time


def _begun(memory: Recurrence, now: Presence) -> Surge | None:
    """A surge that begins with this reading."""
    base, last = now.base, memory.surge
    if base is None or memory.on:
        return None
    awaited = memory.window is not None
    if now.level > SURPRISE * max(now.served, base):
        return Surge(now.time, base, now.level, awaited=awaited)
    if last is not None and awaited and now.level > (last.base + memory.height) / 2:
        return Surge(now.time, last.base, now.level, awaited=True)
    return None


def _begin(memory: Recurrence, begun: Surge) -> None:
    last, ended_at = memory.surge, memory.ended_at
    if last is not None and ended_at is not None:
        pause = begun.began - ended_at
        if pause < APART_SECONDS:
            memory.ended_at = None
            return
        if pause > FORGOTTEN_SECONDS:
            memory.heights, memory.surprises, memory.pauses = (_remembered() for _ in range(3))
        memory.pauses.append(pause)
        memory.heights.append(last.height)
        if not last.awaited:
            memory.surprises.append(last.surplus)
    memory.surge, memory.ended_at = begun, None


def _window(memory: Recurrence, each: float, lead_seconds: float) -> Window | None:
    surge = memory.surge
    if surge is None:
        return None
    surprises = [*memory.surprises] if surge.awaited else [*memory.surprises, surge.surplus]
    if not surprises:
        return None
    worth = WORTH * sum(surprises) / len(surprises)
    replicas = (memory.height - surge.base) / each
    return best_window(memory.pauses, replicas, worth, lead_seconds)


def best_window(
    pauses: Sequence[float], replicas: float, worth: float, lead_seconds: float
) -> Window | None:
    """The window in which to stand costs least; `None`: to be surprised costs less.

    Args:
        pauses: Between surges, seconds.
        replicas: That stand for the next one beyond the load's.
        worth: Replica-seconds that it may cost not to be surprised.
        lead_seconds: So long before the window opens they have to be asked for.
    """
    if not pauses:
        return None
    shortest, longest = min(pauses), max(pauses)
    alike = MARGIN * shortest / len(pauses) ** 2
    margin = max(longest - shortest, alike, SHORTEST_MARGIN_SECONDS)
    opens = max(0.0, shortest - margin)
    begins = max(0.0, opens - lead_seconds)
    best, least = None, worth * len(pauses)
    for pause in sorted(set(pauses)):
        closes = pause + min(margin, MARGIN * pause)
        stands = replicas * sum(max(0.0, min(other, closes) - begins) for other in pauses)
        cost = stands + worth * sum(other > pause for other in pauses)
        if cost <= least:
            best, least = Window(opens, closes), cost
    return best


def recurring_rate(memory: Recurrence, time: float, lead_seconds: float) -> float:
    """The rate of the surge that is due; 0: none is.

    Args:
        memory: Of this service.
        time: Now, seconds.
        lead_seconds: Until replicas that are asked for now serve.
    """
    surge, window, ended_at = memory.surge, memory.window, memory.ended_at
    if surge is None or window is None:
        return 0.0
    if ended_at is None:
        return memory.height if time - surge.began < APART_SECONDS else 0.0
    return memory.height if window.opens - lead_seconds <= time - ended_at <= window.closes else 0.0
