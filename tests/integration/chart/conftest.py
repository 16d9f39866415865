"""A control plane of the chart's own: with an audit log, and the kinds of others."""

from collections.abc import Iterator

import pytest

from bytebridge.lab.cluster import Lab, start_lab
from bytebridge.lab.settings import LabSettings
from support.chart import PROMETHEUS, of_kind, render
from support.crds import establish, foreign_crds
from support.exposure_crds import EXPOSURE_CRDS
from support.load import LoadExporter, serve_load


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    manifests = render(tmp_path_factory.mktemp("crds"), {"prometheus": PROMETHEUS})
    crds = of_kind(manifests, "CustomResourceDefinition")
    settings = LabSettings(startup_seconds=1.0, scrape_interval_seconds=1.0, audit=True)
    with start_lab(settings) as lab:
        for crd in [*crds, *foreign_crds(), *EXPOSURE_CRDS]:
            establish(str(lab.kubeconfig), crd)
        yield lab


@pytest.fixture(scope="module")
def load(lab: Lab) -> Iterator[LoadExporter]:
    with serve_load() as exporter:
        lab.add_scrape_target("load", exporter.address)
        yield exporter
