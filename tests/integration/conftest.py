"""One local control plane for all integration tests."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bytebridge.lab.cluster import Lab, start_lab
from bytebridge.lab.settings import LabSettings
from support.crds import establish
from support.load import LoadExporter, serve_load
from support.objects import Cluster
from support.operator_process import OperatorProcess, running_operator

CRDS = sorted((Path(__file__).parents[2] / "crds").glob("*.yaml"))


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with start_lab(LabSettings(startup_seconds=1.0, scrape_interval_seconds=1.0)) as lab:
        for path in CRDS:
            establish(str(lab.kubeconfig), yaml.safe_load(path.read_text()))
        yield lab


@pytest.fixture(scope="session")
def load(lab: Lab) -> Iterator[LoadExporter]:
    with serve_load() as exporter:
        lab.add_scrape_target("load", exporter.address)
        yield exporter


@pytest.fixture
def cluster(lab: Lab, load: LoadExporter) -> Iterator[Cluster]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    cluster = Cluster(str(lab.kubeconfig), name)
    cluster.core.create_namespace({"metadata": {"name": name}})
    yield cluster
    print(yaml.safe_dump(cluster.statuses()))  # shown with a failure
    load.forget(name)
    cluster.core.delete_namespace(name)


@pytest.fixture
def operator(lab: Lab, load: LoadExporter, tmp_path: Path) -> Iterator[OperatorProcess]:
    with running_operator(lab, tmp_path) as process:
        yield process
