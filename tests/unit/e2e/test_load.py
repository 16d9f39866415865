"""The load generator: when requests are due, what they are, and what is told of them."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from e2e.workload.load.client import Target, send_all, wait_until_ready
from e2e.workload.load.documents import DocumentMix, documents
from e2e.workload.load.profile import Profile, arrivals
from e2e.workload.load.summary import Outcome, percentile, summary
from e2e.workload.model.classifier import split_document
from e2e.workload.model.corpus import read_clauses
from unit.e2e.service_at_work import service_at_work


@pytest.mark.parametrize(
    ("time", "rate"), [(0, 5), (9.9, 5), (10, 5), (15, 27.5), (20, 50), (29, 50), (30, 0)]
)
def test_the_rate_follows_the_profile(time: float, rate: float) -> None:
    profile = Profile.parse("10@5, 10@5-50, 10@50")
    assert profile.seconds == 30
    assert profile.rate(time) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["", "10", "10@", "@5", "x@5", "0@5", "10@-5", "10@5-x", "-1@5"])
def test_a_wrong_profile_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected SECONDS@RATE"):
        Profile.parse(text)


def test_arrivals_are_those_of_a_poisson_process() -> None:
    found = list(arrivals(Profile.parse("100@10,100@10-30,100@0"), seed=7))
    assert found == sorted(found)
    assert found == list(arrivals(Profile.parse("100@10,100@10-30,100@0"), seed=7))
    constant = sum(time < 100 for time in found)
    ramp = sum(100 <= time < 200 for time in found)
    # Four standard deviations of the counts.
    assert constant == pytest.approx(1_000, abs=4 * 1_000**0.5)
    assert ramp == pytest.approx(2_000, abs=4 * 2_000**0.5)
    assert not [time for time in found if time >= 200]
    gaps = [after - before for before, after in itertools.pairwise(found[:constant])]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert variance / mean**2 == pytest.approx(1.0, abs=0.25)  # that of an exponential


def test_documents_are_new_but_for_the_share_that_repeats() -> None:
    mix = DocumentMix(read_clauses(), length=4, repeated=0.5)
    found = list(itertools.islice(documents(mix, seed=1), 1_000))
    assert len(set(found)) == pytest.approx(550, abs=60)
    assert found == list(itertools.islice(documents(mix, seed=1), 1_000))
    assert {len(split_document(document)) for document in found[:50]} == {5}  # with its title
    unique = DocumentMix(read_clauses(), length=4, repeated=0.0)
    assert len(set(itertools.islice(documents(unique, seed=1), 500))) == 500


def test_the_summary_tells_failures_percentiles_and_seconds() -> None:
    good = [Outcome(due / 100, due / 1000, pod=f"pod-{due % 2}") for due in range(1, 101)]
    found = summary([*good, Outcome(0.5, 10.0, "timeout"), Outcome(1.5, 0.1, "http 503")], 0.09)
    assert (found["sent"], found["ok"]) == (102, 100)
    assert found["failed"] == {"timeout": 1, "http 503": 1}
    assert [found[f"p{rank}Milliseconds"] for rank in (50, 95, 99)] == [50, 95, 99]
    assert found["overObjectiveShare"] == 0.1
    assert found["pods"] == {"pod-0": 50, "pod-1": 50}
    assert [row["sent"] for row in found["series"]] == [100, 2]
    assert [row["failed"] for row in found["series"]] == [1, 1]


def test_a_summary_of_failures_alone_has_no_percentiles() -> None:
    found = summary([Outcome(0, 10, "timeout")], 0.2)
    assert (found["p95Milliseconds"], found["overObjectiveShare"]) == (None, None)
    with pytest.raises(ValueError, match="at least one value"):
        percentile([], 50)


async def test_requests_are_sent_when_due_to_the_real_service() -> None:
    outcomes: list[Outcome] = []
    async with service_at_work(slots=2) as at:
        await wait_until_ready(Target(at.url), 5)
        stream = documents(DocumentMix(read_clauses(), length=3), seed=1)
        await send_all(Target(at.url), [0.0, 0.1, 0.2, 0.3], stream, outcomes.append)
    assert [outcome.cause for outcome in outcomes] == ["ok"] * 4
    assert sorted(outcome.due for outcome in outcomes) == [0.0, 0.1, 0.2, 0.3]
    assert all(outcome.pod and outcome.seconds > 0 for outcome in outcomes)


async def test_a_slow_answer_does_not_hold_up_the_next_request() -> None:
    outcomes: list[Outcome] = []
    async with service_at_work(slots=1) as at:
        at.model.gate.clear()
        target = Target(at.url, timeout_seconds=1.0)
        stream = documents(DocumentMix(read_clauses(), length=1), seed=1)
        await send_all(target, [0.0, 0.1, 0.2], stream, outcomes.append)
    assert [outcome.cause for outcome in outcomes] == ["timeout"] * 3
    assert max(outcome.seconds for outcome in outcomes) < 2.5  # in turn the last would take 2.8


async def test_refusals_and_lost_connections_are_told_apart() -> None:
    outcomes: list[Outcome] = []
    async with _server(web.Response(status=503)) as (url, _):
        await send_all(Target(url), [0.0], itertools.repeat("x"), outcomes.append)
    await send_all(Target(url), [0.0], itertools.repeat("x"), outcomes.append)
    assert [outcome.cause for outcome in outcomes] == ["http 503", "ClientConnectorError"]


@pytest.mark.parametrize(("rotate", "connections"), [(0.0, 1), (1.0, 5)])
async def test_connections_are_kept_or_ended(rotate: float, connections: int) -> None:
    due = [number * 0.05 for number in range(5)]
    async with _server(web.Response()) as (url, seen):
        await send_all(Target(url, rotate=rotate), due, itertools.repeat("x"), lambda _: None)
    assert len(set(seen)) == connections


async def test_a_service_that_never_is_ready_ends_the_wait() -> None:
    async with service_at_work() as at:
        at.lifecycle.draining = True
        with pytest.raises(TimeoutError):
            await wait_until_ready(Target(at.url), 0.2)


@asynccontextmanager
async def _server(answer: web.Response) -> AsyncIterator[tuple[str, list[object]]]:
    """Answers everything alike, and remembers each request's connection."""
    seen: list[object] = []

    async def handle(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        seen.append(request.transport.get_extra_info("peername"))
        return web.Response(status=answer.status)

    application = web.Application()
    application.router.add_post("/classify", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}", seen
    finally:
        await runner.cleanup()
