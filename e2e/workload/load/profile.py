"""How the load changes, and when each request is due."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Self


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the profile, in which the rate is constant or goes along a line."""

    seconds: float
    first: float
    """Requests a second at its beginning."""
    last: float
    """At its end."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Rates over time, piece by piece."""

    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `30@5,10@5-50,60@50`: 30 s at 5 requests/s, 10 s from 5 to 50, 60 s at 50.

        Raises:
            ValueError: It is written otherwise.
        """
        return cls(tuple(_segment(part) for part in text.split(",")))

    @property
    def seconds(self) -> float:
        """Length of all pieces."""
        return math.fsum(segment.seconds for segment in self.segments)

    def rate(self, time: float) -> float:
        """Requests a second at this moment; 0 after the end."""
        ends = accumulate(segment.seconds for segment in self.segments)
        for segment, end in zip(self.segments, ends, strict=True):
            if time < end:
                part = 1 - (end - time) / segment.seconds
                return segment.first + part * (segment.last - segment.first)
        return 0.0


def arrivals(profile: Profile, seed: int) -> Iterator[float]:
    """Moments of a Poisson process with the profile's rate, in seconds from its beginning.

    Source: thinning; Lewis and Shedler, "Simulation of Nonhomogeneous Poisson Processes by
    Thinning" (1979).
    """
    highest = max(max(segment.first, segment.last) for segment in profile.segments)
    draw = random.Random(seed)  # noqa: S311 - a model's draws
    time = 0.0
    while highest > 0:
        time += draw.expovariate(highest)
        if time >= profile.seconds:
            return
        if draw.random() * highest < profile.rate(time):
            yield time


def _segment(text: str) -> Segment:
    seconds, at, rates = text.strip().partition("@")
    first, _, last = rates.partition("-")
    try:
        segment = Segment(float(seconds), float(first), float(last or first))
    except ValueError:
        at = ""
    if not at or segment.seconds <= 0 or min(segment.first, segment.last) < 0:
        raise ValueError(f"profile: expected SECONDS@RATE or SECONDS@RATE-RATE, got {text!r}")
    return segment
