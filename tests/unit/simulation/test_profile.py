"""Shapes of load."""

from itertools import groupby
from math import exp, log, sqrt
from random import Random
from statistics import fmean

import pytest

from bytebridge.simulation.profile import drawn_surges, wandering


def test_surges_are_as_they_were_asked_for() -> None:
    rates = drawn_surges(60, 600, 200, 200_000, Random("any"))
    spans = [(rate, len(list(span))) for rate, span in groupby(rates)]
    assert len(rates) == 200_000
    heights = [rate for rate, _ in spans if rate > 60]
    lengths = [seconds for rate, seconds in spans[:-1] if rate > 60]
    pauses = [seconds for rate, seconds in spans[:-1] if rate == 60]
    assert 420 <= min(heights) < max(heights) <= 780
    assert 29 <= min(lengths) < max(lengths) <= 91
    assert sum(pauses) / len(pauses) == pytest.approx(200, rel=0.1)
    assert rates == drawn_surges(60, 600, 200, 200_000, Random("any"))


def test_a_wandering_load_has_the_spread_and_the_memory_that_were_asked_for() -> None:
    rates = wandering(500, 0.4, 100, 200_000, Random("any"))
    logs = [log(rate / 500) for rate in rates]
    variance = fmean(x * x for x in logs)
    later = fmean(x * y for x, y in zip(logs, logs[100:], strict=False))
    assert fmean(logs) == pytest.approx(0, abs=0.05)
    assert sqrt(variance) == pytest.approx(0.4, rel=0.05)
    assert later / variance == pytest.approx(exp(-1), abs=0.06)
    assert rates == wandering(500, 0.4, 100, 200_000, Random("any"))
