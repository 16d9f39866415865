"""What a pod of the demo opens, and what is shown of it."""

from typing import Any

import pytest

from bytebridge.demo.database import UNBUDGETED_POOL, pool_size
from bytebridge.demo.figures import figures
from bytebridge.demo.policies import Policy, objects, sample
from bytebridge.demo.record import Record, Sample
from bytebridge.demo.report import write_page


@pytest.mark.parametrize(
    ("environment", "size"),
    [([{"name": "DB_POOL_SIZE", "value": "3"}], 3), ([], UNBUDGETED_POOL)],
)
def test_a_pod_opens_what_it_is_told(environment: list[dict[str, str]], size: int) -> None:
    pod: dict[str, Any] = {"spec": {"containers": [{"name": "app", "env": environment}]}}
    assert pool_size(pod) == size


@pytest.mark.parametrize("policy", list(Policy))
def test_the_service_has_the_database(policy: Policy) -> None:
    service = sample(5_433)
    assert service.spec.database.postgres is not None
    text = str(objects(policy, service, 5_433))
    assert "5433" in text
    assert "database" not in str(sample_without())


def sample_without() -> list[Any]:
    return [manifest["spec"] for _, manifest in objects(Policy.BYTEBRIDGE, sample())]


def test_connections_are_plotted_under_the_limit(tmp_path: Any) -> None:
    samples = [
        Sample(
            time=float(time),
            requests_per_second=1.0,
            queue_depth=0,
            p95_seconds=None,
            replicas_desired=2,
            replicas_ready=2,
            replicas_running=2,
            database_connections=time * 3,
        )
        for time in range(3)
    ]
    record = Record(
        policy="bytebridge",
        surge_at=0,
        surge_ends=1,
        enough_replicas=1,
        objective_seconds=0.2,
        samples=samples,
        scalings=[],
        explanations=[],
        latency_counts=[0] * 19,
        p95_seconds=0,
        failed=0,
        wall_clock_seconds=1,
        max_connections=200,
        connections_refused=1,
    )
    assert figures(record).connections == "6 of 200, 1 refused"
    page = write_page([record], tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Database connections (dashed: max_connections)" in page
