"""What the same hour of yesterday, or of this weekday, tells of the load to come.

Exponential smoothing with additive seasons, the level of today beside the profile of a season.
Source: P. R. Winters, "Forecasting Sales by Exponentially Weighted Moving Averages", Management
Science 6, 1960. A season is believed only where it beats the forecast that nothing changes, the
usual benchmark (R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice", 3rd
edition, 2021, section 5.2).
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import floor, isnan, nan, sqrt

DAY_SECONDS = 86_400.0
BUCKETS_A_DAY = 288
"""Of five minutes each."""
SEASONS = (BUCKETS_A_DAY, 7 * BUCKETS_A_DAY)
"""A day and a week, in buckets: 13 kB a service, once both are full."""
PROFILE_RATE = 0.5
"""Weight of the newest period in the profile."""
LEVEL_RATE = 0.3
"""Weight of the newest bucket in today's deviation from the profile."""
EXPLAINED = 0.5
"""Share of the flat forecast's squared error below which a season explains the load."""
SIGMAS = 3.0
"""A forecast counts beyond so many standard errors of its own above the present rate."""


@dataclass(slots=True)
class Season:
    """One profile and how well it did."""

    length: int
    """Buckets."""
    rates: "array[float]" = field(default_factory=lambda: array("f"))
    """Requests a second by bucket since the first; NaN: unknown."""
    level: float = 0.0
    """How far the load lies above the profile these days, requests a second."""
    judged: int = 0
    error: float = 0.0
    """Mean squared error of the season's forecasts of the next bucket, over one period."""
    flat_error: float = 0.0
    """The same of the forecast that nothing changes."""

    @property
    def explains(self) -> bool:
        """Learned in one period, judged in the next, and clearly better than a flat forecast."""
        return self.judged >= self.length and self.error < EXPLAINED * self.flat_error

    def at(self, bucket: int) -> float:
        """Profile at a bucket; NaN: unknown."""
        slot = bucket % self.length
        return self.rates[slot] if slot < len(self.rates) else nan

    def soon(self, bucket: int) -> float:
        """The larger of the profile at a bucket and at the next; NaN: the first is unknown.

        What comes some minutes earlier or later each day is smeared over two buckets, and with
        replicas for the mean of both a surge waits almost as long as with none.
        """
        usual, next_usual = self.at(bucket), self.at(bucket + 1)
        return max(usual, next_usual)

    def learn(self, bucket: int, rate: float, before: float | None) -> None:
        """Take in the mean rate of a bucket.

        Args:
            bucket: Number since the first.
            rate: Requests a second.
            before: Of the bucket before; `None`: unknown.
        """
        known = self.at(bucket)
        if isnan(known):
            self._put(bucket, rate)
            return
        if before is not None:
            self.judged = min(self.judged + 1, self.length)
            weight = 1 / self.judged
            self.error += weight * ((rate - known - self.level) ** 2 - self.error)
            self.flat_error += weight * ((rate - before) ** 2 - self.flat_error)
        self.level += LEVEL_RATE * (rate - known - self.level)
        self._put(bucket, known + PROFILE_RATE * (rate - known))

    def _put(self, bucket: int, rate: float) -> None:
        slot = bucket % self.length
        missing = slot + 1 - len(self.rates)
        if missing > 0:
            self.rates.extend([nan] * missing)
        self.rates[slot] = rate


@dataclass(slots=True)
class Seasons:
    """Memory of one service: the bucket that is open, and the profiles."""

    first: int = 0
    """Bucket that the profiles begin with; negative before the clock's zero."""
    bucket: int | None = None
    """The one that is open."""
    total: float = 0.0
    count: int = 0
    before: float | None = None
    """Mean rate of the last complete bucket, if it is the one before."""
    seasons: tuple[Season, ...] = ()
    trusted: Season | None = None


def observe_season(memory: Seasons, time: float, rate: float, day_seconds: float) -> None:
    """Take in the present rate.

    Args:
        memory: Of this service; updated.
        time: Of the observation, seconds.
        rate: Requests a second.
        day_seconds: Length of the daily season.
    """
    bucket = floor(time * BUCKETS_A_DAY / day_seconds)
    if bucket != memory.bucket:
        _turn(memory, bucket)
    memory.total += rate
    memory.count += 1


def recalled_seasons(points: Iterable[tuple[float, float]], day_seconds: float) -> Seasons:
    """The memory of an operator that has seen these.

    Args:
        points: Time in seconds, within a bucket, and the bucket's mean rate, requests a second;
            oldest first.
        day_seconds: Length of the daily season.
    """
    memory = Seasons()
    for time, rate in points:
        observe_season(memory, time, rate, day_seconds)
    return memory


def longer_memory(own: Seasons, recalled: Seasons) -> Seasons:
    """The one that began earlier."""
    if recalled.bucket is None or (own.bucket is not None and own.first <= recalled.first):
        return own
    return recalled


def _turn(memory: Seasons, bucket: int) -> None:
    """Close the open bucket, and judge anew which season is to be believed."""
    if memory.bucket is None or bucket < memory.bucket:
        memory.seasons = tuple(Season(length) for length in SEASONS)
        memory.first, memory.before, memory.trusted = bucket, None, None
    elif memory.count:
        rate = memory.total / memory.count
        for season in memory.seasons:
            season.learn(memory.bucket - memory.first, rate, memory.before)
        explaining = [season for season in memory.seasons if season.explains]
        memory.trusted = min(explaining, key=lambda season: season.error, default=None)
        memory.before = rate if bucket == memory.bucket + 1 else None
    memory.bucket, memory.total, memory.count = bucket, 0.0, 0


def seasonal_rate(
    memory: Seasons, time: float, rate: float, horizon_seconds: float, day_seconds: float
) -> float:
    """The rate that the season has for a time ahead; 0 where it has nothing beyond the present.

    Args:
        memory: Of this service.
        time: Now, seconds.
        rate: Present rate, requests a second.
        horizon_seconds: How far to look ahead.
        day_seconds: Length of the daily season.
    """
    season = memory.trusted
    if season is None or memory.bucket is None:
        return 0.0
    ahead = floor((time + horizon_seconds) * BUCKETS_A_DAY / day_seconds) - memory.first
    usual = season.soon(ahead)
    if isnan(usual):
        return 0.0
    level = season.level
    if level > 0:
        # What today has beyond the profile is carried on only as far as it is still there.
        now = season.at(memory.bucket - memory.first)
        level = min(level, max(0.0, rate - now)) if not isnan(now) else 0.0
    forecast = usual + level
    return forecast if forecast > rate + SIGMAS * sqrt(season.error) else 0.0
