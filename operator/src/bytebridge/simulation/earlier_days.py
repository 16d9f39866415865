"""Days before a run on which the same load came, a little earlier or later."""

from collections.abc import Iterator, Sequence

from bytebridge.scaling.seasonal import BUCKETS_A_DAY, DAY_SECONDS

BUCKET = round(DAY_SECONDS / BUCKETS_A_DAY)


def recorded_days(rates: Sequence[float], late_by: Sequence[int]) -> Iterator[tuple[float, float]]:
    """What Prometheus has recorded of these days, in buckets of five minutes.

    Args:
        rates: Requests a second by second of the run; the rest of a day is as its first second.
        late_by: By how many seconds the load came later than in the run, the last day last.

    Yields:
        Middle of each bucket, seconds before the run's begin (negative), and mean rate.
    """
    quiet, seconds = rates[0], len(rates)
    for number, late in enumerate(late_by):
        midnight = (number - len(late_by)) * DAY_SECONDS
        for begin in range(0, round(DAY_SECONDS), BUCKET):
            known = range(max(0, begin - late), max(0, min(seconds, begin + BUCKET - late)))
            total = sum(rates[second] for second in known) + quiet * (BUCKET - len(known))
            yield midnight + begin + BUCKET / 2, total / BUCKET
