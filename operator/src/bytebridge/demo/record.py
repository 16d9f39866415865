"""What one run of the demo saw, second by second; kept in a file for the comparison."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bytebridge.demo.synthetic import BUCKETS


class Frozen(BaseModel):
    """A part of the record."""

    model_config = ConfigDict(frozen=True)


class Sample(Frozen):
    """One second. Times are seconds since the load began."""

    time: float
    requests_per_second: float
    """Arrivals of this second."""
    queue_depth: int
    p95_seconds: float | None
    """Of the last five seconds' answers; `None`: there were none."""
    replicas_desired: int
    """`spec.replicas` of the Deployment."""
    replicas_ready: int
    replicas_running: int
    """Pods that exist and are not being deleted, Ready or not: what is paid for."""
    database_connections: int | None = None
    """Of all pods, as the server counts them; `None`: there is no database."""


class Scaling(Frozen):
    """`spec.replicas` was changed."""

    time: float
    replicas: int


class Explanation(Frozen):
    """The operator's status said something new."""

    time: float
    reason: str
    message: str


class Record(Frozen):
    """One run."""

    policy: str
    surge_at: float
    """Seconds at which the load stepped up."""
    surge_ends: float
    enough_replicas: int
    """Fewest replicas that keep the objective at the surge's mean load."""
    objective_seconds: float
    samples: list[Sample]
    scalings: list[Scaling]
    explanations: list[Explanation]
    latency_counts: list[int]
    """Answers by latency, as the buckets of the histogram; the last has no upper bound."""
    p95_seconds: float
    """Of the whole run, exact; a request whose client gave up counts as its patience."""
    failed: int
    wall_clock_seconds: float
    max_connections: int | None = None
    """Of the database."""
    connections_refused: int = 0

    @property
    def within_objective(self) -> int:
        """Requests answered within the objective, which is the bound of a bucket."""
        return sum(self.latency_counts[: BUCKETS.index(self.objective_seconds) + 1])

    @property
    def requests(self) -> int:
        """All requests that were answered or failed."""
        return sum(self.latency_counts) + self.failed


def record_path(folder: Path, policy: str) -> Path:
    """Where a policy's last run is kept."""
    return folder / f"{policy}.json"


def save(record: Record, folder: Path) -> Path:
    """Keep a run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = record_path(folder, record.policy)
    path.write_text(record.model_dump_json(), encoding="utf-8")
    return path


def load_records(folder: Path, policies: tuple[str, ...]) -> list[Record]:
    """The kept runs of these policies, in this order; a file of another version is left out."""
    records = []
    for policy in policies:
        path = record_path(folder, policy)
        if not path.exists():
            continue
        try:
            records.append(Record.model_validate_json(path.read_text(encoding="utf-8")))
        except ValueError:
            continue
    return records
