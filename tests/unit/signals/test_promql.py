"""Queries of names that mean the same; what Prometheus makes of them is tested with a real one."""

from bytebridge.signals import promql
from bytebridge.signals.presets import Origin

ORIGIN = Origin(match=("service",))


def _rate(name: str) -> str:
    return f"sum by (namespace, service) (rate({name}[15s]))"


def test_a_counter_of_one_name() -> None:
    assert promql.rate(("a",), ORIGIN, 15) == _rate("a")


def test_the_first_counter_that_counts_or_else_the_last_or_whatever_there_is() -> None:
    a, b = _rate("a"), _rate("b")
    assert promql.rate(("a", "b"), ORIGIN, 15) == f"({a} > 0) or {b} or {a}"


def test_the_newest_rate_likewise() -> None:
    found = promql.newest_rate(("a", "b"), ORIGIN, 15)
    assert found.startswith("(sum by (namespace, service) (irate(a[15s]) and a) > 0) or ")
