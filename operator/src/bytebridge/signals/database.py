"""What exporters tell of databases and poolers.

Sources: postgres_exporter (collector/pg_replication.go, pg_stat_database.go), Prometheus'
cloudwatch_exporter (metric names from CloudWatch's "Amazon RDS metrics"), pgbouncer_exporter
(README). A metric's name is the same in postgres_exporter's older and newer versions where both
are asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bytebridge.api.monitoring import DatabaseExporter, DatabaseMonitoring
from bytebridge.api.names import SERVICE_SERIES_LABEL
from bytebridge.api.postgres import PostgresReader
from bytebridge.api.service import ScalableService
from bytebridge.budget.guard import DatabaseSignals
from bytebridge.signals.dealing import Vector, known_value, only_value

USED, WAITING, LAG = "used", "waiting", "lag"

_LAG_LABELS = "server, instance, dbinstance_identifier"


@dataclass(frozen=True, slots=True)
class DatabaseQueries:
    """Texts by what they measure."""

    texts: Mapping[str, str]


def database_queries(service: ScalableService) -> DatabaseQueries:
    """What to ask for a service's database; nothing without a pooler or `monitoring`."""
    postgres = service.spec.database.postgres
    if postgres is None:
        return DatabaseQueries({})
    texts = dict(_exporter_texts(postgres.monitoring)) if postgres.monitoring else {}
    if postgres.pooler is not None:
        own = {
            "namespace": service.metadata.namespace,
            SERVICE_SERIES_LABEL: service.metadata.name,
        }
        texts[WAITING] = f"sum(pgbouncer_pools_client_waiting_connections{_matchers(own)})"
    return DatabaseQueries(texts)


def database_signals(
    queries: DatabaseQueries,
    answers: Mapping[str, Vector],
    readers: Sequence[PostgresReader],
) -> DatabaseSignals:
    """Deal the answers; what is missing or no number stays unknown."""
    lag: dict[str, float] = {}
    for series in answers.get(queries.texts.get(LAG, ""), []):
        value = known_value(series)
        for reader in readers:
            if value is not None and _is_of(series.get("metric", {}), reader):
                lag[reader.host] = max(value, lag.get(reader.host, 0.0))
    return DatabaseSignals(
        used=only_value(answers.get(queries.texts.get(USED, ""), [])),
        waiting=only_value(answers.get(queries.texts.get(WAITING, ""), [])),
        lag_seconds=lag,
    )


def _exporter_texts(monitoring: DatabaseMonitoring) -> Iterator[tuple[str, str]]:
    matchers = _matchers({label.name: label.value for label in monitoring.labels})
    if monitoring.exporter is DatabaseExporter.POSTGRES_EXPORTER:
        yield USED, f"max(sum by (server, instance) (pg_stat_database_numbackends{matchers}))"
        yield (
            LAG,
            (
                f"max by ({_LAG_LABELS}) (pg_replication_lag_seconds{matchers}"
                f" or pg_replication_lag{matchers})"
            ),
        )
        return
    yield USED, f"max(aws_rds_database_connections_average{matchers})"
    yield (
        LAG,
        (
            f"max by ({_LAG_LABELS}) (aws_rds_aurora_replica_lag_average{matchers} / 1000"
            f" or aws_rds_replica_lag_average{matchers})"
        ),
    )


def _matchers(labels: Mapping[str, str]) -> str:
    quoted = (
        f'{name}="{value}"'
        for name, value in (
            (name, value.replace("\\", r"\\").replace('"', r"\"")) for name, value in labels.items()
        )
    )
    return "{" + ",".join(quoted) + "}"


def _is_of(labels: Mapping[str, str], reader: PostgresReader) -> bool:
    """An exporter names a server by host, by host and port, or by its first label at RDS."""
    named = {labels.get(name) for name in ("server", "instance", "dbinstance_identifier")}
    return bool(
        named & {reader.host, f"{reader.host}:{reader.port}", reader.host.split(".", maxsplit=1)[0]}
    )
