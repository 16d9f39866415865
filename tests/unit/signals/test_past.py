"""Ranges are read in requests that Prometheus takes."""

from pathlib import Path

import pytest

from bytebridge.signals import past
from bytebridge.signals.connection import PrometheusConnection, Span
from bytebridge.signals.past import MOST_POINTS, HistoryError, Past, parts
from unit.signals.build import Refusing

NOBODY = PrometheusConnection("http://127.0.0.1:9")
WEEK = Span(1_700_000_000.0, 1_700_604_800.0, 5.0)


@pytest.mark.parametrize("span", [WEEK, Span(0.0, 0.0, 5.0), Span(0.0, 5.0 * MOST_POINTS, 5.0)])
def test_every_point_is_asked_for_once_in_requests_that_prometheus_takes(span: Span) -> None:
    found = parts(span, MOST_POINTS)
    asked = [part.start + number * part.step for part in found for number in range(part.points)]
    assert asked == [span.start + number * span.step for number in range(span.points)]
    assert max(part.points for part in found) <= min(MOST_POINTS, 11_000)


async def test_a_request_that_is_too_large_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = Refusing(300)
    monkeypatch.setattr(past, "ask_range", refusing)
    span = Span(0.0, 4_995.0, 5.0)
    async with Past(NOBODY, 1) as source:
        found = await source.ask("x", span)
    points = [value[0] for series in found for value in series["values"]]
    assert points == [5.0 * number for number in range(1_000)]


async def test_nobody_answers() -> None:
    async with Past(NOBODY, 1) as source:
        with pytest.raises(HistoryError, match=r"127\.0\.0\.1:9"):
            await source.now()
        with pytest.raises(HistoryError, match=r"127\.0\.0\.1:9"):
            await source.ask("x", Span(0.0, 60.0, 5.0))


async def test_credentials_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    missing = PrometheusConnection(NOBODY.url, bearer_token_file=tmp_path / "token")
    async with Past(missing, 1) as source:
        with pytest.raises(HistoryError, match="token: No such file"):
            await source.now()
