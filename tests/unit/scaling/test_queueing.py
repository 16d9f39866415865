"""Erlang C against published and closed-form values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytebridge.scaling.queueing import erlang_c, slots_for_tail, waiting_tail


@pytest.mark.parametrize(
    ("slots", "load", "expected"),
    [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9), (10, 8.0, 0.4092), (5, 5.0, 1.0), (4, 0, 0)],
)
def test_erlang_c(slots: int, load: float, expected: float) -> None:
    assert erlang_c(slots, load) == pytest.approx(expected, abs=1e-4)


def test_the_tail_of_one_server_is_the_closed_form() -> None:
    """M/M/1: P(W > t) = rho exp(-(1 - rho) t / S)."""
    assert waiting_tail(1, 0.8, 5.0, 1.0) == pytest.approx(0.8 * 2.718281828 ** (-0.2 * 5))


@given(load=st.floats(0.05, 1_999.0), probability=st.sampled_from([0.1, 0.025, 0.005, 1e-4]))
def test_slots_for_tail_is_the_smallest(load: float, probability: float) -> None:
    """`waiting_tail` computes the whole recursion."""
    slots = slots_for_tail(load, 1.0, probability, 1.0)
    assert waiting_tail(slots, load, 1.0, 1.0) <= probability
    assert slots - 1 <= load or waiting_tail(slots - 1, load, 1.0, 1.0) > probability
