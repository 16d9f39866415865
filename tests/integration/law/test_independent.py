"""The law through `bytebridge decide`, against a service that shares no line with the project.

Bounds are what was measured with some room: a law that gets worse by a tenth fails.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path

import pytest
import yaml

from support.plain_service import (
    LEAST,
    MOST,
    OBJECTIVE_SECONDS,
    TICK_SECONDS,
    Case,
    Line,
    Simulation,
)

ONSET = 300
LOST_SECONDS = 90


@dataclass(frozen=True)
class Bound:
    """At most, of all requests, and replica-hours."""

    over: float
    hours: float
    failed: float = 0.0


def surge(low: float, high: float, ramp: float = 0.0) -> Callable[[float], float]:
    """From low to high after 300 s, for five minutes, and back."""

    def rate(second: float) -> float:
        if second < ONSET:
            return low
        if second < ONSET + ramp:
            return low + (high - low) * (second - ONSET) / ramp
        return high if second < ONSET + ramp + 300 else low

    return rate


def steady(_second: float) -> float:
    """Three hundred a second."""
    return 300.0


def waves(second: float) -> float:
    """From a hundred to six hundred a second and back, twice in half an hour."""
    return 350 - 250 * cos(2 * pi * second / 900)


def each_ten_minutes(second: float) -> float:
    """Four times the load, for a minute."""
    return 600.0 if 300 <= second % 600 < 360 else 150.0


def on_and_off(second: float) -> float:
    """For a minute, and for a minute and a half."""
    return 500.0 if second % 150 < 60 else 5.0


def cache_lost(second: float) -> float:
    """A tenth of the requests are not in it, and all of them for five minutes."""
    return 1.0 if ONSET <= second < ONSET + 300 else 0.1


def half_lost(second: float) -> float:
    """The same, and half of them."""
    return 0.5 if ONSET <= second < ONSET + 300 else 0.1


def without(*keys: str) -> Callable[[Line], Line | None]:
    """A service that never exports these."""
    return lambda line: {key: what for key, what in line.items() if key not in keys}


def lost(*keys: str) -> Callable[[Line], Line | None]:
    """These are null for a time from the onset of the surge."""

    def shown(line: Line) -> Line | None:
        amid = ONSET <= line["time"] < ONSET + LOST_SECONDS
        return {key: None if amid and key in keys else what for key, what in line.items()}

    return shown


def answered_late(line: Line) -> Line | None:
    """Each twentieth scrape counts what comes in the two seconds after it as well."""

    def behind(second: float) -> float:
        return 2.0 if second > 0 and round(second / TICK_SECONDS) % 20 == 0 else 0.0

    def counted(rate: float, window: float) -> float:
        return rate * (1 + (behind(line["time"]) - behind(line["time"] - window)) / window)

    rates = line.get("requestsPerSecond", {})
    return line | {"requestsPerSecond": {w: counted(r, float(w[:-1])) for w, r in rates.items()}}


def in_progress(line: Line) -> Line | None:
    """As web frameworks export it: all that has come in, the waiting as well."""
    if "inFlight" not in line:
        return line
    hidden = {"queueDepth", "serviceSeconds"}
    rest = {key: what for key, what in line.items() if key not in hidden}
    return rest | {"inFlight": line["inFlight"] + line["queueDepth"]}


def every(seconds: float) -> Callable[[Line], Line | None]:
    """Not each tick gets a line."""
    return lambda line: line if line["time"] % (2 * seconds) < seconds else None


def late(seconds: float) -> Callable[[Line], Line | None]:
    """Metrics come later than what is known of replicas."""
    metrics: list[Line] = []

    def shown(line: Line) -> Line | None:
        metrics.append(line)
        told = [before for before in metrics if before["time"] <= line["time"] - seconds]
        known = {"time": line["time"], "replicas": line["replicas"]}
        return {**(told[-1] if told else {}), **known}

    return shown


def counter_stands_still(begin: float, end: float) -> Callable[[Line], Line | None]:
    """Windows hold less and less, and then more again."""

    def held(window: float, time: float) -> float:
        lost = max(0.0, min(time, end) - max(time - window, begin))
        return 1 - lost / window

    def shown(line: Line) -> Line | None:
        rates = line.get("requestsPerSecond", {})
        time = line["time"]
        still = {key: rate * held(float(key[:-1]), time) for key, rate in rates.items() if rate}
        return line | {"requestsPerSecond": rates | still}

    return shown


STEP, RAMP = surge(100, 1_000), surge(100, 1_000, 180)


@pytest.mark.parametrize(
    ("case", "bound"),
    [
        pytest.param(Case(STEP, startup_seconds=10), Bound(0.080, 5.6), id="step, L = 10"),
        pytest.param(Case(STEP), Bound(0.160, 5.7, 0.002), id="step"),
        pytest.param(Case(STEP, whole_windows=False), Bound(0.160, 5.7, 0.002), id="step, PromQL"),
        pytest.param(Case(RAMP), Bound(0.046, 6.2), id="ramp"),
        pytest.param(Case(RAMP, whole_windows=False), Bound(0.050, 6.0), id="ramp, PromQL"),
        pytest.param(
            Case(RAMP, whole_windows=False, scrape_seconds=15, windows=(60, 300)),
            Bound(0.075, 6.3),
            id="ramp, a scrape each 15 s",
        ),
        pytest.param(Case(steady), Bound(0.016, 3.2), id="steady"),
        pytest.param(
            Case(steady, 1_500, scattered=True),
            Bound(0.055, 7.5),
            id="steady, pods drawn at random",
        ),
        pytest.param(
            Case(STEP, completions=True), Bound(0.160, 5.7, 0.002), id="step, completions"
        ),
        pytest.param(
            Case(STEP, shown=in_progress), Bound(0.160, 5.7, 0.002), id="step, all in progress"
        ),
        pytest.param(
            Case(STEP, shown=in_progress, slots_told=False),
            Bound(0.170, 6.5, 0.002),
            id="step, all in progress, slots not told",
        ),
        pytest.param(
            Case(STEP, slots_told=False), Bound(0.160, 6.0, 0.002), id="step, slots not told"
        ),
        pytest.param(
            Case(STEP, shown=lost("requestsPerSecond")),
            Bound(0.168, 7.7, 0.002),
            id="step, no rate at its onset",
        ),
        pytest.param(
            Case(STEP, shown=lost("queueDepth")),
            Bound(0.180, 5.7, 0.002),
            id="step, no queue at its onset",
        ),
        pytest.param(
            Case(STEP, shown=without("queueDepth")), Bound(0.155, 6.0, 0.002), id="step, no queue"
        ),
        pytest.param(
            Case(STEP, completions=True, shown=without("queueDepth")),
            Bound(0.350, 7.6, 0.115),
            id="step, completions, no queue",
        ),
        pytest.param(
            Case(STEP, shown=without("serviceSeconds", "latencyMeanSeconds", "latencyP95Seconds")),
            Bound(0.160, 5.9, 0.002),
            id="step, no latencies",
        ),
        pytest.param(
            Case(surge(100, 600), full_replicas=24), Bound(0.275, 4.4), id="a database that is full"
        ),
        pytest.param(
            Case(STEP, startup_seconds=10, shown=late(15)), Bound(0.135, 5.9), id="step, 15 s late"
        ),
        pytest.param(Case(RAMP, shown=late(15)), Bound(0.215, 6.4), id="ramp, 15 s late"),
        pytest.param(
            Case(surge(100, 600), full_replicas=24, shown=late(15)),
            Bound(0.365, 4.7, 0.022),
            id="a database that is full, 15 s late",
        ),
        pytest.param(
            Case(STEP, shown=counter_stands_still(450, 540)),
            Bound(0.155, 5.6, 0.002),
            id="a counter that stands still amid the surge",
        ),
        pytest.param(Case(RAMP, windows=(15,)), Bound(0.047, 5.9), id="ramp, one window"),
        pytest.param(
            Case(steady, 1_800, slots=8, batching=0.5), Bound(0.060, 11.0), id="steady, in batches"
        ),
        pytest.param(
            Case(waves, 1_800, slots=8, batching=0.5), Bound(0.034, 13.4), id="waves, in batches"
        ),
        pytest.param(
            Case(waves, 1_800, slots=8, batching=0.5, slots_told=False, shown=in_progress),
            Bound(0.080, 17.2),
            id="waves, in batches, slots not told, all in progress",
        ),
        pytest.param(
            Case(steady, 1_800, slots_told=False, shown=in_progress),
            Bound(0.022, 7.0),
            id="steady, all in progress, slots not told",
        ),
        pytest.param(
            Case(
                steady,
                1_800,
                slots_told=False,
                slower_at=600,
                shown=without("serviceSeconds"),
            ),
            Bound(0.080, 8.8),
            id="a model that becomes slower, by latencies",
        ),
        pytest.param(
            Case(steady, 1_800, shown=answered_late), Bound(0.020, 8.4), id="counts are late"
        ),
        pytest.param(
            Case(each_ten_minutes, 4_800), Bound(0.078, 18.5), id="surges that come again"
        ),
        pytest.param(Case(on_and_off, 3_600), Bound(0.083, 21.0), id="on and off"),
        pytest.param(
            Case(STEP, most_waiting=500), Bound(0.120, 5.7, 0.085), id="step, a queue that is full"
        ),
        pytest.param(
            Case(steady, 1_200, misses=cache_lost), Bound(0.048, 2.6), id="a cache is lost"
        ),
        pytest.param(
            Case(steady, 1_200, misses=half_lost), Bound(0.042, 1.7), id="half a cache is lost"
        ),
        pytest.param(
            Case(steady, 1_200, misses=cache_lost, shown=without("serviceSeconds")),
            Bound(0.049, 2.5),
            id="a cache is lost, by latencies",
        ),
        pytest.param(
            Case(
                steady,
                1_200,
                misses=cache_lost,
                startup_seconds=5.0,
                shown=without("serviceSeconds"),
            ),
            Bound(0.064, 2.2),
            id="a cache is lost, by latencies, L = 5",
        ),
        pytest.param(
            Case(steady, 1_200, misses=half_lost, shown=in_progress, slots_told=False),
            Bound(0.077, 2.2),
            id="half a cache is lost, all in progress, slots not told",
        ),
        pytest.param(Case(STEP, shown=every(60)), Bound(0.340, 5.7, 0.180), id="lines are missing"),
    ],
)
def test_what_comes_of_it(case: Case, bound: Bound, tmp_path: Path) -> None:
    with deciding(case, tmp_path) as decide:
        outcome = Simulation(case, seed=1, decide=decide).run()
    assert outcome.over <= bound.over, outcome
    assert outcome.failed <= bound.failed, outcome
    assert outcome.replica_hours <= bound.hours, outcome


@contextmanager
def deciding(case: Case, folder: Path) -> Iterator[Callable[[Line], Line]]:
    """The command, a line in and a line out."""
    file = folder / "service.yaml"
    file.write_text(yaml.safe_dump(_service(case)))
    arguments = [sys.executable, "-m", "bytebridge", "decide", "--service", str(file)]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def decide(line: Line) -> Line:
            asked.write(json.dumps(line) + "\n")
            asked.flush()
            answer: Line = json.loads(answers.readline())
            assert "error" not in answer
            return answer

        yield decide
        asked.close()
        assert process.wait(10) == 0


def _service(case: Case) -> dict[str, object]:
    scaling: dict[str, object] = {
        "minReplicas": LEAST,
        "maxReplicas": MOST,
        "objective": {"percentile": 95, "latencyMilliseconds": int(OBJECTIVE_SECONDS * 1000)},
    }
    if case.slots_told:
        scaling["concurrencyPerReplica"] = case.slots
    containers = [{"name": "app", "image": "registry.example/app"}]
    return {
        "apiVersion": "scaling.bytebridge.io/v1alpha1",
        "kind": "ScalableService",
        "metadata": {"name": "clause-classifier", "namespace": "legal"},
        "spec": {"template": {"spec": {"containers": containers}}, "scaling": scaling},
    }
