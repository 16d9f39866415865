"""An operator that looks at Ingresses and HTTPRoutes often."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bytebridge.lab.cluster import Lab
from support.load import LoadExporter
from support.objects import Cluster
from support.operator_process import LOOKS_SOON, OperatorProcess, running_operator
from support.routes import Routes


@pytest.fixture
def operator(lab: Lab, load: LoadExporter, tmp_path: Path) -> Iterator[OperatorProcess]:
    with running_operator(lab, tmp_path, program=LOOKS_SOON) as process:
        yield process


@pytest.fixture
def routes(cluster: Cluster) -> Routes:
    return Routes(cluster)
