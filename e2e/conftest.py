"""The cluster of the end-to-end tests, and what is kept of a failure.

`KEEP=1` keeps the cluster and the engine, and takes up a cluster that was kept.
"""

import os
import re
import signal
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final

import pytest

from e2e.artifacts import collect
from e2e.cluster import cluster as kind
from e2e.cluster.cluster import Cluster
from e2e.cluster.engine import Engine, start_engine, stop_engine
from e2e.cluster.metrics_server import install

KEEP: Final = os.environ.get("KEEP", "") not in ("", "0")
NODES: Final = 2
"""One can be drained, and the pods have another to go to."""
ARTIFACTS: Final = Path("out/e2e")
_TEST_SECONDS: Final = 900

Say = Callable[[str], None]
_begun = time.monotonic()


def pytest_configure() -> None:
    """Asked to end, as by a time limit of CI, take the cluster down first, as after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A limit for each test, in which the cluster that it waits for does not count."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_TEST_SECONDS, func_only=True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what the cluster looks like when a test fails, before its objects are taken away."""
    report = yield
    cluster = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and report.when != "teardown" and isinstance(cluster, Cluster):
        folder = ARTIFACTS / re.sub(r"[^\w.-]+", "-", item.name)
        collect(cluster, folder)
        report.sections.append(("artifacts", str(folder)))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The time that everything took, with the engine and the cluster."""
    terminalreporter.write_line(f"end-to-end tests: {time.monotonic() - _begun:.0f} s in all")


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Say:
    """Write a line to the terminal at once, past the capture of output."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    terminal = request.config.pluginmanager.getplugin("terminalreporter")

    def write(line: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.write_line(f"[{time.monotonic() - _begun:6.1f} s] {line}")

    return write


@pytest.fixture(scope="session")
def engine(say: Say) -> Iterator[Engine]:
    """A Docker engine; if it had to be started for the tests, they stop it."""
    found = start_engine(say)
    yield found
    if found.started and not KEEP:
        stop_engine(say)


@pytest.fixture(scope="session")
def cluster(engine: Engine, say: Say) -> Iterator[Cluster]:
    """A kind cluster that the tests have for themselves."""
    with kind.exclusive():
        if not KEEP:
            kind.down(engine, say)
        found = kind.up(engine, say, NODES)
        yield found
        if KEEP:
            say(f"the cluster is kept: export KUBECONFIG={found.kubeconfig}")
        else:
            kind.down(engine, say)


@pytest.fixture(scope="session")
def metrics_server(cluster: Cluster, say: Say) -> None:
    """CPU and memory of pods by metrics.k8s.io, for tests of the HPA."""
    install(cluster, say)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace for one test; all that is in it goes with it."""
    with cluster.namespace() as name:
        yield name
