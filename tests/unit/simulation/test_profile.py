"""Shapes of load."""

from itertools import groupby
from random import Random

import pytest

from bytebridge.simulation.profile import drawn_surges


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
