from pathlib import Path

import pytest

from e2e.cluster.engine import Engine
from e2e.cluster.node_image import pull_stock_image

ANSWER = "v1: Pulling from kindest/node"


@pytest.mark.parametrize(
    ("script", "refusal"),
    [
        pytest.param(f"echo '{ANSWER}'; echo done", None, id="it is pulled"),
        pytest.param(f"echo '{ANSWER}'; sleep 1; echo done", None, id="slow, but it answered"),
        pytest.param("echo 'no such host' >&2; exit 1", "no such host", id="no registry"),
        pytest.param(
            f"echo '{ANSWER}'; echo 'manifest unknown'; exit 1", "manifest unknown", id="no image"
        ),
        pytest.param("exec sleep 60", "it took too long", id="nothing answers"),
    ],
)
def test_the_stock_image_is_pulled_where_a_registry_answers(
    tmp_path: Path, script: str, refusal: str | None
) -> None:
    client = tmp_path / "docker"
    client.write_text(f"#!/bin/sh\n{script}\n")
    client.chmod(0o755)
    assert pull_stock_image(Engine(client, "0"), lambda _: None, reach_seconds=0.5) == refusal
