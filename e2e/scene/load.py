"""A run of the load generator, as a Job."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from e2e.cluster.cluster import Cluster
from e2e.cluster.errors import ClusterError
from e2e.manifests.render import load_job


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of all requests of a run."""

    sent: int
    ok: int
    failed: Mapping[str, int]
    """Failures by their cause."""
    cached: int
    pods: Mapping[str, int]
    """Answers by the pod that gave them."""
    p95_milliseconds: float
    over_objective_share: float

    def __str__(self) -> str:
        failed = ", ".join(f"{count} {cause}" for cause, count in self.failed.items()) or "none"
        return (
            f"{self.sent} requests, failed: {failed}, p95 {self.p95_milliseconds:.0f} ms, "
            f"{self.over_objective_share:.1%} over the objective, {len(self.pods)} pods"
        )


@dataclass(frozen=True, slots=True)
class LoadRun:
    """A Job that was started.

    Attributes:
        cluster: Where it runs.
        namespace: Of the Job.
        name: Of the Job.
    """

    cluster: Cluster
    namespace: str
    name: str

    def running(self) -> bool:
        """Whether requests are being sent."""
        return "answers/s" in self.log()

    def finished(self) -> bool:
        """Whether it has ended, well or not."""
        status = self.cluster.get("-n", self.namespace, "job", self.name).get("status", {})
        return bool(status.get("succeeded") or status.get("failed"))

    def log(self) -> str:
        """What it has printed; empty before its pod runs."""
        try:
            return self.cluster.kubectl("-n", self.namespace, "logs", f"job/{self.name}")
        except ClusterError:
            return ""

    def result(self, seconds: float) -> Summary:
        """Wait for its end.

        Args:
            seconds: To wait for at most.

        Raises:
            ClusterError: It has not ended in time, or could not reach the service at all.
        """
        self.cluster.kubectl(
            *("-n", self.namespace, "wait", "--for=condition=Complete", f"job/{self.name}"),
            f"--timeout={seconds:.0f}s",
            timeout_seconds=seconds + 30,
        )
        return read_summary(self.log())


def start_load(
    cluster: Cluster,
    namespace: str,
    images: Mapping[str, str],
    name: str,
    profile: str,
    repeated: float = 0.0,
) -> LoadRun:
    """Start a run.

    Args:
        cluster: Where.
        namespace: That of the service.
        images: Tags by name.
        name: Of the Job.
        profile: Seconds and requests a second, as `30@5,60@50`.
        repeated: Share of documents that come again, 0 to 1.
    """
    job = load_job(images, name, profile, repeated=repeated)
    cluster.kubectl("-n", namespace, "create", "-f", "-", given=json.dumps(job))
    return LoadRun(cluster, namespace, name)


def read_summary(log: str) -> Summary:
    """The last line of the generator's log.

    Raises:
        ValueError: It is no summary.
    """
    lines = log.strip().splitlines() or [""]
    try:
        found: dict[str, Any] = json.loads(lines[-1])
    except ValueError as error:
        raise ValueError(f"load: expected a summary as the last line, got {lines[-1]!r}") from error
    return Summary(
        sent=found["sent"],
        ok=found["ok"],
        failed=found["failed"],
        cached=found["cached"],
        pods=found["pods"],
        p95_milliseconds=found["p95Milliseconds"] or float("inf"),
        over_objective_share=found["overObjectiveShare"] or 0.0,
    )
